// The examples on a phone, before anything was made: one row that goes sideways. They play when they are asked to.

import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../api/client';
import { Button, IconButton } from '../parts/Button';
import { EXAMPLES } from './examples';
import { ExampleCard } from './ExampleCard';
import css from './start.module.css';
import { useStart } from './store';
import { useMakeSame } from './useMakeSame';

export function Strip() {
  const { t } = useTranslation('start');
  const [still, setStill] = useState(true);
  const { here, make, error } = useMakeSame();
  const { open, show } = useStart();
  const top = useRef<HTMLElement>(null);
  useEffect(() => {
    if (open) top.current?.scrollIntoView({ block: 'center' }); // it was asked for from further down
  }, [open]);
  if (!here) return null;
  return (
    <section ref={top} className={css.strip} aria-labelledby="examples">
      <header className="head">
        <h2 id="examples" className="grow">
          {t('examples')}
        </h2>
        <Button
          small
          icon={
            still ? <IconPlayerPlayFilled size={14} aria-hidden /> : <IconPlayerPauseFilled size={14} aria-hidden />
          }
          onClick={() => setStill(!still)}
        >
          {t(still ? 'playAll' : 'pauseAll')}
        </Button>
        {open && (
          <IconButton small label={t('close')} onClick={() => show(false)}>
            <IconX size={18} stroke={1.8} aria-hidden />
          </IconButton>
        )}
      </header>
      {error && (
        <p className={css.error} role="alert">
          {told(error)}
        </p>
      )}
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <ExampleCard example={example} still={still} onMake={() => make(example)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
