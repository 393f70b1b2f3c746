import { useTranslation } from 'react-i18next';
import { NavLink, useLocation } from 'react-router';
import { PLACES, YOU } from './icons';
import { YouMenu } from './YouMenu';

const YOURS = ['/account', '/keys', '/models', '/usage', '/operator'];

/** The way to the pages on small screens. */
export function BottomBar() {
  const { t } = useTranslation('shell');
  const { pathname } = useLocation();
  return (
    <nav className="bar" aria-label={t('pages')}>
      {PLACES.slice(0, 4).map((place) => (
        <NavLink key={place.to} to={place.to} end={place.to === '/'} className="place">
          {place.icon}
          <span>{t(place.word)}</span>
        </NavLink>
      ))}
      <YouMenu
        position="top-end"
        short
        target={(open) => (
          <button type="button" className={YOURS.includes(pathname) ? 'place active' : 'place'} onClick={open}>
            {YOU}
            <span>{t('youShort')}</span>
          </button>
        )}
      />
    </nav>
  );
}
