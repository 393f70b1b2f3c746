import { useTranslation } from 'react-i18next';
import { Link, NavLink } from 'react-router';
import { useAccount, useCredits } from '../api/hooks';
import { figure } from '../parts/time';
import { Logo } from '../parts/Logo';
import { PLACES } from './icons';
import { YouMenu } from './YouMenu';

/** The way to the pages, at the left of wide screens; at its foot the balance and who is signed in. */
export function Rail({ turned }: { turned: boolean }) {
  const { t } = useTranslation('shell');
  const { data: account } = useAccount();
  const name = account?.name || account?.email || 'V';
  return (
    <nav className="rail" aria-label={t('pages')}>
      <Link to="/" className="rail-logo" aria-label={t('home')}>
        <Logo size={32} turned={turned} />
      </Link>
      <ul>
        {PLACES.map((place) => (
          <li key={place.to}>
            <NavLink to={place.to} end={place.to === '/'} className="place">
              {place.icon}
              <span>{t(place.word)}</span>
            </NavLink>
          </li>
        ))}
      </ul>
      <Balance className="rail-credits" />
      <YouMenu
        position="right-end"
        target={(open) => (
          <button type="button" className="avatar" aria-label={t('you')} onClick={open}>
            {name.slice(0, 1).toUpperCase()}
          </button>
        )}
      />
    </nav>
  );
}

/** The balance, and the way to where it went. Nothing where credits are off or have no end. */
export function Balance({ className }: { className: string }) {
  const { t } = useTranslation('shell');
  const { data: credits } = useCredits();
  if (!credits?.on || credits.available >= 1e9) return null;
  return (
    <Link to="/usage" className={className}>
      <b>{figure(credits.available, credits.available >= 1000 ? 0 : 1)}</b>{' '}
      <span>{t('credits', { count: Math.round(credits.available) })}</span>
    </Link>
  );
}
