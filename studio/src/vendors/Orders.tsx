/** Orders that are with other servers now. One that may have been bought is never sent again by itself: its server can
 * be asked at once, or it is let go. Whose they are and what they show is not said here. */
import { IconCircleHalf2, IconLoader } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import pages from '../pages/pages.module.css';
import { Fault, Nothing, Section } from '../pages/parts';
import { Button } from '../parts/Button';
import { since } from '../parts/time';
import { language } from '../words';
import { useAct, useOrders, type OrderOut, type Vendor } from './hooks';
import { dollars, tile } from './say';
import styles from './vendors.module.css';

export function Orders({ vendors }: { vendors: readonly Vendor[] }) {
  const { t } = useTranslation('vendors');
  const orders = useOrders();
  const title = (name: string) => vendors.find((one) => one.name === name)?.title ?? name;
  return (
    <Section title={t('out')} why={t('outWhy')}>
      {orders.error && <Fault error={orders.error} again={() => void orders.refetch()} />}
      {orders.data?.length === 0 && <Nothing>{t('noneOut')}</Nothing>}
      {orders.data && orders.data.length > 0 && (
        <ul className={styles.rows}>
          {orders.data.map((order) => (
            <Row key={order.id} order={order} title={title(order.vendor)} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Row({ order, title }: { order: OrderOut; title: string }) {
  const { t } = useTranslation('vendors');
  const path = { params: { path: { purchase_id: order.id } } };
  const look = useAct(
    () => call(api.POST('/v1/admin/orders/{purchase_id}/look', path)),
    () => t('asked', { name: title }),
  );
  const letGo = useAct(
    () => call(api.POST('/v1/admin/orders/{purchase_id}/let-go', path)),
    () => t('letGone'),
  );
  const unsure = order.state === 'unsure';
  const Mark = unsure ? IconCircleHalf2 : IconLoader;
  return (
    <li className={`${styles.row} ${styles.order}`} aria-label={order.model}>
      <span className={styles.tile} aria-hidden>
        {tile(title)}
      </span>
      <div className={styles.who}>
        <h3>{order.model}</h3>
        <p className={pages.quiet}>
          {t('bought', { when: since(order.sent_at ?? order.created_at, language()) })} {order.note}
        </p>
      </div>
      <div className={styles.state} data-tone={unsure ? 'info' : 'acc'}>
        <p>
          <Mark size={16} stroke={1.9} aria-hidden /> {t(`orderState.${order.state}`, { name: title })}
        </p>
      </div>
      <p className={styles.money}>
        {order.dollars === null ? t('costUnknown') : t('cost', { dollars: dollars(order.dollars) })}
      </p>
      <div className={styles.acts}>
        <Button small disabled={look.isPending} onClick={() => look.mutate(undefined)}>
          {t('ask')}
        </Button>
        {order.can_stop ? (
          <Button small disabled={letGo.isPending} onClick={() => letGo.mutate(undefined)}>
            {t('letGo')}
          </Button>
        ) : (
          <span className={pages.quiet}>{t('cannotStop', { name: title })}</span>
        )}
      </div>
    </li>
  );
}
