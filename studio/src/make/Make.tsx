// The page where clips are made: the composer, and beside it (below it, on small screens) what is showing now, or the
// models while one is chosen.
import { useMediaQuery } from '@mantine/hooks';
import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import { Composer } from './Composer';
import { usePicker } from '../models/store';
import css from './make.module.css';

const Stage = lazy(() => import('../stage/Stage'));
const Picker = lazy(() => import('../models/Picker').then(({ Picker }) => ({ default: Picker })));
const SlimCard = lazy(() => import('../stage/SlimCard'));

export default function Make() {
  const { t } = useTranslation('make');
  const { key } = useLocation();
  const phone = useMediaQuery('(max-width: 599.9px)', window.innerWidth < 600, { getInitialValueInEffect: false });
  const page = useMediaQuery('(max-width: 899.9px)', window.innerWidth < 900, { getInitialValueInEffect: false });
  const choosing = usePicker((picker) => picker.open);
  useEffect(() => {
    document.title = `${t('title')} · Vitascope`;
  }, [t, key]);
  useEffect(() => () => usePicker.getState().set({ open: false, changed: null }), []); // it is over when one leaves
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
          <Suspense fallback={null}>{choosing && !page ? <Picker page={false} /> : <Stage />}</Suspense>
        </div>
      )}
      {choosing && page && (
        <Suspense fallback={null}>
          <Picker page />
        </Suspense>
      )}
    </main>
  );
}
