/** One vendor or server: its models, the state of its key, what this month cost, how its server answered, and the one
 * thing to do next. */
import {
  IconAlertTriangle,
  IconCheck,
  IconCircleHalf2,
  IconKey,
  IconPlug,
  IconRefresh,
  IconTrash,
  IconX,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import pages from '../pages/pages.module.css';
import { Button, IconButton } from '../parts/Button';
import { moment, span } from '../parts/time';
import { language } from '../words';
import { Filled } from './BuyingBar';
import { useAct, type Credit, type Vendor } from './hooks';
import { dollars, short, tile } from './say';
import styles from './vendors.module.css';

const ICON = { size: 16, stroke: 1.9, 'aria-hidden': true } as const;
const MARKS = {
  connected: [IconCheck, 'ok'],
  no_key: [IconPlug, undefined],
  unusable: [IconAlertTriangle, 'bad'],
  key_refused: [IconX, 'bad'],
  no_money: [IconX, 'bad'],
  no_answer: [IconX, 'bad'],
  budget_used_up: [IconCircleHalf2, undefined],
} as const;

interface Props {
  vendor: Vendor;
  onKey: () => void;
  onBudget: () => void;
}

export function VendorRow({ vendor, onKey, onBudget }: Props) {
  const { t } = useTranslation('vendors');
  const { title } = vendor;
  const [Mark, tone] = MARKS[vendor.state];
  const left = ({ amount, unit }: Credit) =>
    unit === 'USD' ? dollars(amount) : t(`left.${unit}`, { amount: amount.toLocaleString(language()) });
  const test = useAct(
    (name: string) => call(api.POST('/v1/admin/vendors/{name}/test', { params: { path: { name } } })),
    (_, { credit }) => (credit ? t('testedLeft', { name: title, left: left(credit) }) : t('tested', { name: title })),
  );
  const list = useAct(
    (name: string) => call(api.POST('/v1/admin/vendors/{name}/models', { params: { path: { name } } })),
    () => t('listed', { name: title }),
  );
  const remove = useAct(
    (name: string) => call(api.DELETE('/v1/admin/vendors/{name}/key', { params: { path: { name } } })),
    () => t('removed', { name: title }),
  );
  const models =
    vendor.kind === 'comfy'
      ? t('workflows', { count: vendor.models.length })
      : vendor.kind === 'server'
        ? t('models', { count: vendor.models.length })
        : short(vendor.models);
  return (
    <li className={styles.row} aria-label={title}>
      <span className={styles.tile} aria-hidden>
        {tile(title)}
      </span>
      <div className={styles.who}>
        <h3>{title}</h3>
        <p className={pages.quiet}>
          {[models, vendor.key_end && t('keyEnds', { end: vendor.key_end })].filter(Boolean).join(' · ')}
        </p>
      </div>
      <div className={styles.state} data-tone={tone}>
        <p>
          <Mark {...ICON} /> {t(`state.${vendor.state}`)}
        </p>
        {vendor.since && (
          <p className={pages.quiet}>{t('since', { when: moment(vendor.since, language(), 'time') })}</p>
        )}
        {vendor.why && <p className={pages.quiet}>{vendor.why}</p>}
      </div>
      <div className={styles.money}>
        {vendor.spent > 0 || vendor.budget !== null ? (
          <>
            <p>
              <b>{dollars(vendor.spent)}</b>
              {vendor.budget !== null && <span>{t('ofBudget', { dollars: dollars(vendor.budget) })}</span>}
            </p>
            {vendor.budget !== null && <Filled part={vendor.spent} whole={vendor.budget} />}
          </>
        ) : (
          <p className={pages.quiet}>{t('nothingSpent')}</p>
        )}
      </div>
      {vendor.state === 'no_key' ? <span /> : <Day vendor={vendor} />}
      <div className={styles.acts}>
        {vendor.state === 'budget_used_up' ? (
          <Button small onClick={onBudget}>
            {t('raise')}
          </Button>
        ) : vendor.kind === 'vendor' && vendor.state !== 'connected' && vendor.state !== 'no_answer' ? (
          <Button small onClick={onKey}>
            {t(vendor.key_end ? 'newKey' : 'addKey')}
          </Button>
        ) : (
          vendor.kind === 'vendor' && (
            <Button small disabled={test.isPending} onClick={() => test.mutate(vendor.name)}>
              {t('test')}
            </Button>
          )
        )}
        {vendor.kind === 'vendor' && vendor.key_end && (
          <>
            {(vendor.state === 'connected' || vendor.state === 'no_answer') && (
              <IconButton small label={`${t('newKey')}: ${title}`} onClick={onKey}>
                <IconKey {...ICON} />
              </IconButton>
            )}
            {vendor.lists && (
              <IconButton
                small
                label={`${t('list')}: ${title}. ${t('listWhy')}`}
                disabled={list.isPending}
                onClick={() => list.mutate(vendor.name)}
              >
                <IconRefresh {...ICON} />
              </IconButton>
            )}
            <IconButton
              small
              label={`${t('remove')}: ${title}. ${t('removeWhy')}`}
              disabled={remove.isPending}
              onClick={() => remove.mutate(vendor.name)}
            >
              <IconTrash {...ICON} />
            </IconButton>
          </>
        )}
      </div>
    </li>
  );
}

/** 24 bars, one an hour: full, late (shorter), failed (short), none (a stub). Each state has a height of its own. */
function Day({ vendor }: { vendor: Vendor }) {
  const { t } = useTranslation('vendors');
  const count = (state: string) => vendor.hours.filter((hour) => hour === state).length;
  const told = { done: vendor.done, sent: vendor.sent };
  return (
    <div className={styles.day}>
      <div
        className={styles.hours}
        role="img"
        aria-label={t('day.label', {
          name: vendor.title,
          good: count('good'),
          late: count('late'),
          failed: count('failed'),
        })}
      >
        {vendor.hours.map((hour, place) => (
          <i key={place} data-hour={hour} />
        ))}
      </div>
      <p className={pages.quiet}>
        {vendor.sent === 0
          ? t('day.none')
          : vendor.usual_seconds === null
            ? t('day.sent', told)
            : t('day.made', { ...told, span: span(vendor.usual_seconds, language()) })}
      </p>
    </div>
  );
}
