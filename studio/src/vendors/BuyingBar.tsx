/** The switch that stops all buying, and the budget of the month. The switch asks nothing and says what it did. */
import { Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import pages from '../pages/pages.module.css';
import { Fault } from '../pages/parts';
import { useAct, useBudgets, useBuying, useOrders, useVendors } from './hooks';
import { dollars } from './say';
import styles from './vendors.module.css';

export function BuyingBar() {
  const { t } = useTranslation('vendors');
  const buying = useBuying();
  const budget = useBudgets().data?.find((one) => one.scope === 'all' && one.period === 'month');
  const vendors = useVendors().data ?? [];
  const spent = budget?.spent ?? vendors.reduce((sum, one) => sum + one.spent, 0);
  const held = (useOrders().data ?? []).reduce((sum, one) => sum + (one.dollars ?? 0), 0);
  const turn = useAct(
    (on: boolean) => call(api.PUT('/v1/admin/buying', { body: { on, why: '' } })),
    (on) => t(on ? 'buying.isOn' : 'buying.isOff'),
  );
  if (buying.error) return <Fault error={buying.error} again={() => void buying.refetch()} />;
  const on = turn.isPending ? turn.variables : (buying.data?.on ?? true);
  return (
    <div className={`${pages.card} ${styles.buying}`}>
      <div className={styles.switch}>
        <Switch
          size="lg"
          role="switch"
          aria-label={t('buying.on')}
          aria-describedby="buying-why"
          checked={on}
          disabled={!buying.data}
          onChange={(event) => turn.mutate(event.currentTarget.checked)}
        />
        <div>
          <h2>{t(on ? 'buying.on' : 'buying.off')}</h2>
          <p id="buying-why" className={pages.why}>
            {buying.data?.why ? t('buying.reason', { why: buying.data.why }) : t('buying.why')}
          </p>
        </div>
      </div>
      <div className={styles.month}>
        <h3>{t('month')}</h3>
        <p>
          <b>{dollars(spent)}</b> {budget ? t('ofBudget', { dollars: dollars(budget.dollars) }) : t('noBudget')}
        </p>
        {held > 0 && <p className={pages.quiet}>{t('held', { dollars: dollars(held) })}</p>}
        {budget && <Filled part={spent} whole={budget.dollars} />}
      </div>
    </div>
  );
}

/** How much of a budget is used; the figures stand beside it. */
export function Filled({ part, whole }: { part: number; whole: number }) {
  const share = whole > 0 ? Math.min(1, part / whole) : 1;
  return (
    <div className={styles.filled} data-full={share >= 1 || undefined} aria-hidden>
      <i style={{ width: `${100 * share}%` }} />
    </div>
  );
}
