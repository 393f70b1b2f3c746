/** The two tabs of Models. Only who runs the server has the second. */
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useAccount } from '../api/hooks';
import pages from '../pages/pages.module.css';
import { Segment } from '../parts/Segment';

export const PANEL = 'models-panel';

export function Tabs({ value }: { value: 'models' | 'keys' }) {
  const { t } = useTranslation('vendors');
  const { data: account } = useAccount();
  const go = useNavigate();
  if (!account || account.role === 'member') return null;
  return (
    <div className={pages.scrollTabs}>
      <Segment
        kind="tab"
        panel={PANEL}
        label={t('title')}
        value={value}
        onChange={(to) => void go(to === 'keys' ? '/models/keys' : '/models')}
        choices={(['models', 'keys'] as const).map((one) => ({ value: one, label: t(`tabs.${one}`) }))}
      />
    </div>
  );
}
