// The stage before anything was made: a clip that plays, more of them, and which other models there are. Everything
// here was drawn by the built-in model when the page was built.

import { useReducedMotion } from '@mantine/hooks';
import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../api/client';
import { Button } from '../parts/Button';
import { Elsewhere } from './Elsewhere';
import { EXAMPLES } from './examples';
import { ExampleCard } from './ExampleCard';
import { Featured } from './Featured';
import css from './start.module.css';
import { useStart } from './store';
import { useMakeSame } from './useMakeSame';

export function Start() {
  const { t } = useTranslation('start');
  const reduced = useReducedMotion(false, { getInitialValueInEffect: false });
  const [still, setStill] = useState(reduced);
  const [shown, setShown] = useState(EXAMPLES[0]!);
  const { here, make, use, sending, error, credits } = useMakeSame();
  const { open, show } = useStart();
  if (!here) {
    return (
      <section className={css.start} aria-labelledby="showing">
        <h2 id="showing">{t('title')}</h2>
        <Elsewhere />
      </section>
    );
  }
  return (
    <section className={css.start} aria-labelledby="showing">
      <header className="head">
        <h2 id="showing">{t('title')}</h2>
        <span className="grow meta">{t('all')}</span>
        <Button
          icon={
            still ? <IconPlayerPlayFilled size={14} aria-hidden /> : <IconPlayerPauseFilled size={14} aria-hidden />
          }
          onClick={() => setStill(!still)}
        >
          {t(still ? 'playAll' : 'pauseAll')}
        </Button>
        {open && (
          <Button icon={<IconX size={16} stroke={1.9} aria-hidden />} onClick={() => show(false)}>
            {t('close')}
          </Button>
        )}
      </header>
      <Featured
        example={shown}
        still={still}
        credits={credits}
        sending={sending}
        onMake={() => make(shown)}
        onUse={() => use(shown)}
      />
      {error && (
        <p className={css.error} role="alert">
          {told(error)}
        </p>
      )}
      <h3 className={css.more}>{t('more')}</h3>
      <ul className={css.grid}>
        {EXAMPLES.filter((example) => example !== shown).map((example) => (
          <li key={example.name}>
            <ExampleCard
              example={example}
              still={still}
              onShow={() => setShown(example)}
              onMake={() => make(example)}
            />
          </li>
        ))}
      </ul>
      <Elsewhere />
    </section>
  );
}
