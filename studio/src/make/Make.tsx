// The page where clips are made: the composer, and beside it (below it, on small screens) what is showing now.
import { useMediaQuery } from '@mantine/hooks';
import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import { Composer } from './Composer';
import css from './make.module.css';

const Stage = lazy(() => import('../stage/Stage'));
const SlimCard = lazy(() => import('../stage/SlimCard'));

export default function Make() {
  const { t } = useTranslation('make');
  const { key } = useLocation();
  const phone = useMediaQuery('(max-width: 599.9px)', window.innerWidth < 600, { getInitialValueInEffect: false });
  useEffect(() => {
    document.title = `${t('title')} · Vitascope`;
  }, [t, key]);
  const slim = phone && (
    <Suspense fallback={null}>
      <SlimCard />
    </Suspense>
  );
  return (
    <main className={css.make}>
      <Composer phone={Boolean(phone)} top={slim} />
      {!phone && (
        <div className={css.stage}>
          <Suspense fallback={null}>
            <Stage />
          </Suspense>
        </div>
      )}
    </main>
  );
}
