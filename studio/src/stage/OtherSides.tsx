// What stands beside the picture when there is no take, because a rule refused an order.

import { IconCheck, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useForm } from '../make/form';
import { Button } from '../parts/Button';
import css from './side.module.css';
import { useScreen } from './screen';

/** An order that a rule of this server refused: what it was, and how it would be taken. */
export function RefusedSide() {
  const { t } = useTranslation('stage');
  const { refused, refuse } = useScreen();
  const fill = useForm((form) => form.fill);
  if (!refused) return <div className={css.side} />;
  const { error, prompt } = refused;
  const most = error.field === 'seconds' ? /(\d+(?:\.\d+)?)/.exec(error.hint)?.[1] : undefined;
  const field = t(`field.${error.field}` as 'field.seconds', { defaultValue: '' });
  return (
    <div className={css.side}>
      <h3 className={css.title} data-tone="bad">
        {field ? t('refusedField', { field }) : t('refused')}
      </h3>
      <p className={css.quiet}>{prompt}</p>
      <div className={css.text}>
        <p>
          {error.message} {error.hint} {t('nothingCharged')}
        </p>
      </div>
      <div className={css.actions}>
        {most && (
          <Button
            icon={<IconCheck size={16} stroke={1.9} />}
            onClick={() => {
              fill({ seconds: Number(most) });
              refuse(null);
            }}
          >
            {t('setTo', { value: most })}
          </Button>
        )}
        <Button icon={<IconX size={16} stroke={1.9} />} onClick={() => refuse(null)}>
          {t('close')}
        </Button>
      </div>
    </div>
  );
}
