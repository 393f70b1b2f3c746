/** Keys and servers: the switch that stops buying, vendors and servers with their state, orders out now; beside them
 * routes, spending and budgets. For who runs the server alone. */
import { IconLock, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAccount } from '../api/hooks';
import pages from '../pages/pages.module.css';
import { Fault, Nothing, Page, Section } from '../pages/parts';
import { Button } from '../parts/Button';
import { Beside } from './Beside';
import { BuyingBar } from './BuyingBar';
import { useVendors, type Vendor } from './hooks';
import { Orders } from './Orders';
import { BudgetSheet, KeySheet } from './Sheets';
import { PANEL, Tabs } from './Tabs';
import { VendorRow } from './VendorRow';
import styles from './vendors.module.css';

type Open = { what: 'key'; vendor?: Vendor } | { what: 'budget'; vendor?: Vendor } | null;

export default function VendorsPage() {
  const { t } = useTranslation('vendors');
  const { data: account } = useAccount();
  if (account?.role === 'member') {
    return (
      <Page title={t('title')}>
        <Nothing>{t('notYou')}</Nothing>
      </Page>
    );
  }
  return account ? <Whole /> : null;
}

function Whole() {
  const { t } = useTranslation('vendors');
  const [open, setOpen] = useState<Open>(null);
  const vendors = useVendors();
  const all = vendors.data ?? [];
  const own = all.filter((one) => one.kind === 'vendor' && one.state !== 'no_key');
  const known = all.filter((one) => one.kind === 'vendor' && one.state === 'no_key');
  const servers = all.filter((one) => one.kind !== 'vendor');
  const row = (vendor: Vendor) => (
    <VendorRow
      key={vendor.name}
      vendor={vendor}
      onKey={() => setOpen({ what: 'key', vendor })}
      onBudget={() => setOpen({ what: 'budget', vendor })}
    />
  );
  return (
    <Page
      title={t('title')}
      wide
      action={
        <Button icon={<IconPlus size={16} stroke={1.9} aria-hidden />} onClick={() => setOpen({ what: 'key' })}>
          {t('add')}
        </Button>
      }
    >
      <Tabs value="keys" />
      <div id={PANEL} role="tabpanel" aria-label={t('tabs.keys')} className={styles.whole}>
        <div className={pages.panel}>
          {vendors.error && <Fault error={vendors.error} again={() => void vendors.refetch()} />}
          <BuyingBar />
          <Section title={t('own')} why={t('ownWhy')}>
            {vendors.data && own.length === 0 && <Nothing>{t('noKeys')}</Nothing>}
            {own.length > 0 && <ul className={styles.rows}>{own.map(row)}</ul>}
            {known.length > 0 && (
              <details className={pages.more}>
                <summary>{t('more', { count: known.length })}</summary>
                <ul className={styles.rows}>{known.map(row)}</ul>
              </details>
            )}
          </Section>
          {servers.length > 0 && (
            <Section title={t('servers')} why={t('serversWhy')}>
              <ul className={styles.rows}>{servers.map(row)}</ul>
            </Section>
          )}
          <Orders vendors={all} />
          <p className={styles.promise}>
            <IconLock size={16} stroke={1.9} aria-hidden /> {t('promise')}
          </p>
        </div>
        <Beside onBudget={() => setOpen({ what: 'budget' })} />
      </div>
      {open?.what === 'key' && <KeySheet vendor={open.vendor} vendors={all} onClose={() => setOpen(null)} />}
      {open?.what === 'budget' && <BudgetSheet vendor={open.vendor} vendors={all} onClose={() => setOpen(null)} />}
    </Page>
  );
}
