// What a judge without weights saw in the clip, of what its prompt asked. What it cannot tell is said, never guessed.

import { IconCheck, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { told } from '../api/client';
import type { Clip } from '../api/types';
import { useFacts } from './facts';
import { useScore } from './hooks';
import css from './inspector.module.css';

const ICON = { size: 16, stroke: 2.2, 'aria-hidden': true } as const;

export function ScoreCard({ clip }: { clip: Clip }) {
  const { t } = useTranslation('library');
  const asked = useScore(clip.id);
  const facts = useFacts();
  const score = asked.data;
  const why = (reason: string, text: string) =>
    t(`score.why.${reason}` as 'score.why.still', { defaultValue: text || reason });
  return (
    <section className={css.part} aria-labelledby="score">
      <header>
        <h3 id="score">{t('score.title')}</h3>
        {score?.state === 'measured' && <span>{t('score.measured')}</span>}
      </header>
      {(asked.isPending || score?.state === 'waiting') && <p className={css.quiet}>{t('score.measuring')}</p>}
      {asked.isError && (
        <p className={css.quiet} role="alert">
          {t('score.failed')} {told(asked.error)}{' '}
          <button type="button" className={css.link} onClick={() => void asked.refetch()}>
            {t('score.again')}
          </button>
        </p>
      )}
      {score?.state === 'not_measured' && (
        <p className={css.quiet}>
          {t('score.notMeasured')}. {why(score.reason, score.why)}
        </p>
      )}
      {score?.state === 'measured' && (
        <>
          {score.overall != null && (
            <div className={css.overall}>
              <b>{Math.round(score.overall)}</b>
              <span style={{ '--of': score.overall / 100 } as React.CSSProperties} aria-hidden />
              <p>{t('score.rightOf', { right: score.right, of: score.of })}</p>
            </div>
          )}
          <dl className={css.scores}>
            {score.lines.map((line) => (
              <div key={line.key} data-right={line.right || undefined}>
                <dt>{t(`measure.${line.key}` as 'measure.colour', { defaultValue: line.key })}</dt>
                <dd>
                  {line.right ? <IconCheck {...ICON} /> : <IconX {...ICON} />}
                  <span>
                    {line.right
                      ? facts.value(line.asked)
                      : t(line.seen ? 'score.seen' : 'score.unseen', {
                          asked: facts.value(line.asked),
                          seen: facts.value(line.seen),
                        })}
                  </span>
                </dd>
              </div>
            ))}
            {score.not_measured.map(({ key, reason, why: text }) => (
              <div key={key} data-out>
                <dt>{t(`measure.${key}` as 'measure.colour', { defaultValue: key })}</dt>
                <dd>
                  <span>{why(reason, text)}</span>
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}
