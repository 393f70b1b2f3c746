/** What stands beside the rows: routes, what was spent each day, budgets. */
import { IconArrowsSplit2, IconBolt, IconChevronRight, IconRoute, IconStar, IconTag } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import { Bars } from '../pages/Bars';
import { filled } from '../pages/days';
import pages from '../pages/pages.module.css';
import { Fault, Nothing, Section } from '../pages/parts';
import { Button } from '../parts/Button';
import { Tag } from '../parts/Tag';
import { SPEND_DAYS, useAct, useBudgets, useRoutes, useSpend, type Budget } from './hooks';
import { dollars } from './say';
import styles from './vendors.module.css';

const DAY = 86_400;
const ICONS = { auto: IconRoute, auto_cheap: IconTag, auto_fast: IconBolt, auto_best: IconStar } as const;
type Known = keyof typeof ICONS;

export function Beside({ onBudget }: { onBudget: () => void }) {
  return (
    <aside className={styles.beside}>
      <Routes />
      <Spent />
      <Budgets onBudget={onBudget} />
    </aside>
  );
}

function Routes() {
  const { t } = useTranslation('vendors');
  const routes = useRoutes();
  return (
    <Section title={t('routes')} why={t('routesWhy')}>
      {routes.error && <Fault error={routes.error} again={() => void routes.refetch()} />}
      {routes.data?.map(({ name, models }) => {
        const word = name.replace(':', '_'); // a colon means another file of words
        const known = word in ICONS ? (word as Known) : null;
        const Icon = known ? ICONS[known] : IconArrowsSplit2;
        return (
          <div key={name} className={styles.route}>
            <p>
              <Icon size={16} stroke={1.9} aria-hidden />
              <b>{known ? t(`route.${known}`) : name}</b>
              <span className={pages.quiet}>{t(`rule.${known ?? 'own'}`)}</span>
            </p>
            <p className={styles.legs}>
              {models.length === 0 && <span className={pages.quiet}>{t('emptyRoute')}</span>}
              {models.map((model, place) => (
                <Fragment key={model}>
                  {place > 0 && <IconChevronRight size={14} stroke={1.9} aria-hidden />}
                  <Tag>{model}</Tag>
                </Fragment>
              ))}
            </p>
          </div>
        );
      })}
    </Section>
  );
}

function Spent() {
  const { t } = useTranslation('vendors');
  const spend = useSpend();
  const unknown = (spend.data ?? []).reduce((sum, row) => sum + row.unknown, 0);
  const now = Date.now() / 1000;
  return (
    <Section title={t('spent')}>
      {spend.error && <Fault error={spend.error} again={() => void spend.refetch()} />}
      {spend.data?.length === 0 && <Nothing>{t('noneSpent')}</Nothing>}
      {spend.data && spend.data.length > 0 && (
        <>
          <Bars
            days={filled(spend.data, now - (SPEND_DAYS - 1) * DAY, now, (row) => row.dollars)}
            label={t('dollars')}
            show={dollars}
          />
          <dl className={styles.byModel}>
            {[...byModel(spend.data)].map(([model, sum]) => (
              <Fragment key={model}>
                <dt>{model}</dt>
                <dd>{dollars(sum)}</dd>
              </Fragment>
            ))}
          </dl>
          {unknown > 0 && <p className={pages.quiet}>{t('unknown', { count: unknown })}</p>}
        </>
      )}
    </Section>
  );
}

function byModel(rows: readonly { model: string; dollars: number }[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row.model, (sums.get(row.model) ?? 0) + row.dollars);
  return [...sums].sort((a, b) => b[1] - a[1]);
}

function Budgets({ onBudget }: { onBudget: () => void }) {
  const { t } = useTranslation('vendors');
  const budgets = useBudgets();
  const remove = useAct(
    ({ scope, name, period }: Budget) =>
      call(api.DELETE('/v1/admin/budgets', { params: { query: { scope, name, period } } })),
    () => t('budgetSheet.kept'),
  );
  return (
    <Section title={t('budgets')} why={t('budgetsWhy')}>
      {budgets.error && <Fault error={budgets.error} again={() => void budgets.refetch()} />}
      {budgets.data?.length === 0 && <Nothing>{t('noBudgets')}</Nothing>}
      {budgets.data && budgets.data.length > 0 && (
        <ul className={styles.budgets}>
          {budgets.data.map((one) => (
            <li key={`${one.scope} ${one.name} ${one.period}`}>
              <span>{t(`budgetOf.${one.scope}_${one.period}`, { name: one.title })}</span>
              <span>
                {dollars(one.spent)} {t('ofBudget', { dollars: dollars(one.dollars) })}
              </span>
              <Button small kind="plain" disabled={remove.isPending} onClick={() => remove.mutate(one)}>
                {t('takeAway')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className={pages.row}>
        <Button small onClick={onBudget}>
          {t('setBudget')}
        </Button>
      </div>
    </Section>
  );
}
