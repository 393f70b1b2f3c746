// One cell for each step: its preview when it is done, a ring round the one that is being made, a number for those to
// come. Looking at an earlier one shows it large.

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Video } from '../api/types';
import { shownSteps, stepNow, stepsOf } from './estimate';
import { at, usePreviews } from './previews';
import { useScreen } from './screen';
import css from './strip.module.css';

export function StepStrip({ video }: { video: Video }) {
  const { t } = useTranslation('stage');
  const { step: looked, look } = useScreen();
  const found = usePreviews(video);
  const running = video.state === 'running';
  const making = running && (video.step > 0 || video.stage !== 'turn');
  const now = stepNow(video);
  const cells = shownSteps(stepsOf(video));

  const onKey = (event: React.KeyboardEvent) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const newest = found.at(-1)?.step;
    if (!way || newest === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const to = Math.max(1, (looked ?? newest) + way);
    look(to >= newest && running ? null : Math.min(to, newest));
  };

  return (
    <ol
      className={css.strip}
      tabIndex={found.length ? 0 : -1}
      aria-label={t('steps')}
      onKeyDown={onKey}
      onMouseLeave={() => look(null)}
      style={{ '--cells': cells.length } as React.CSSProperties}
    >
      {cells.map((step, index) => {
        const done = step <= video.step;
        const since = index ? cells[index - 1] + 1 : 1;
        const own = done ? found.filter((one) => one.step >= since && one.step <= step).at(-1) : undefined;
        const here = making && step >= now && (index === 0 || cells[index - 1] < now);
        const label = done ? 'stepShort' : here ? 'stepNow' : 'stepToCome';
        return (
          <li
            key={step}
            className={css.cell}
            data-state={here ? 'now' : done ? 'done' : 'next'}
            data-looked={(looked !== null && at(found, looked)?.step === own?.step && !!own) || undefined}
            aria-label={t(label, { step })}
            aria-current={here ? 'step' : undefined}
            onMouseEnter={() => own && look(own.step)}
          >
            <span>{step}</span>
            {own && <StepPicture url={own.url} />}
          </li>
        );
      })}
    </ol>
  );
}

/** Over the number, once it has come. */
function StepPicture({ url }: { url: string }) {
  const [there, setThere] = useState('');
  return (
    <img src={url} alt="" draggable={false} data-there={there === url || undefined} onLoad={() => setThere(url)} />
  );
}
