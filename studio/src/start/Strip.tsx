// The examples on a phone, before anything was made: one row that goes sideways. They play when they are asked to.

import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../api/client';
import { Button } from '../parts/Button';
import { EXAMPLES } from './examples';
import { ExampleCard } from './ExampleCard';
import css from './start.module.css';
import { useMakeSame } from './useMakeSame';

export function Strip() {
  const { t } = useTranslation('start');
  const [still, setStill] = useState(true);
  const { make, error } = useMakeSame();
  return (
    <section className={css.strip} aria-labelledby="examples">
      <header className="head">
        <h2 id="examples" className="grow">
          {t('examples')}
        </h2>
        <Button
          small
          icon={
            still ? <IconPlayerPlayFilled size={14} aria-hidden /> : <IconPlayerPauseFilled size={14} aria-hidden />
          }
          onClick={() => setStill(!still)}
        >
          {t(still ? 'playAll' : 'pauseAll')}
        </Button>
      </header>
      {error && (
        <p className={css.error} role="alert">
          {told(error)}
        </p>
      )}
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <ExampleCard example={example} still={still} onMake={() => make(example)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
