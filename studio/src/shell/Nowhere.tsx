import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';

/** An address that no page stands at. */
export function Nowhere() {
  const { t } = useTranslation('shell');
  const { pathname } = useLocation();
  return (
    <main id="page" className="empty">
      <h1>{t('nowhere.title')}</h1>
      <p>{t('nowhere.text', { path: pathname.slice(0, 100) })}</p>
      <p>
        <Link to="/" className="button" data-kind="fill">
          {t('nowhere.home')}
        </Link>
      </p>
    </main>
  );
}
