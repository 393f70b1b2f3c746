/** What each model is and can do, with its honest limits and what the exam measured. */
import { useTranslation } from 'react-i18next';
import { useCards } from '../api/hooks';
import type { Card } from '../api/types';
import { isWorld } from '../make/format';
import { Tag } from '../parts/Tag';
import { bytes, figure, span } from '../parts/time';
import { Elsewhere } from '../start/Elsewhere';
import { PANEL, Tabs } from '../vendors/Tabs';
import { language } from '../words';
import styles from './pages.module.css';
import { Fault, Page, Section } from './parts';

const SCORES = [
  'colour',
  'shape',
  'ground',
  'sky',
  'motion',
  'direction',
  'camera',
  'size',
  'material',
  'physics',
  'all asked',
];
const MODES = ['text', 'image', 'last_image', 'extend', 'still', 'camera'];

export default function Models() {
  const { t } = useTranslation('pages');
  const cards = useCards();
  return (
    <Page title={t('models.title')} meta={t('models.meta')}>
      <Tabs value="models" />
      {cards.error && <Fault error={cards.error} again={() => void cards.refetch()} />}
      <div id={PANEL} className={styles.panel}>
        {cards.data?.map((card) => (
          <ModelCard key={card.id} card={card} />
        ))}
        <Elsewhere page />
      </div>
    </Page>
  );
}

function ModelCard({ card }: { card: Card }) {
  const { t } = useTranslation('pages');
  const modes = MODES.filter((mode) => card.modes.includes(mode));
  return (
    <Section title={card.title || card.id} action={card.default && <Tag tone="acc">{t('models.usual')}</Tag>}>
      <article className={styles.card}>
        {card.limits && (
          <p className={styles.told}>
            <span className={styles.strong}>{t('models.limits')}</span>{' '}
            {isWorld(card) ? t('models.limitsOf.world') : card.limits}
          </p>
        )}
        <Scores scores={card.scores} />
        <dl className={styles.facts}>
          <dt>{t('models.can')}</dt>
          <dd className={styles.row}>
            {modes.map((mode) => (
              <Tag key={mode}>{t(`models.mode.${mode as 'text'}`)}</Tag>
            ))}
          </dd>
          <dt>{t('models.sizes')}</dt>
          <dd>{card.sizes.join(', ').replaceAll('x', ' × ')}</dd>
          <dt>{t('models.longest')}</dt>
          <dd>{t('models.longestIs', { span: span(card.max_seconds, language()), fps: figure(card.fps, 2) })}</dd>
          <dt>{t('models.languages')}</dt>
          <dd>
            {card.languages
              .map((code) => t(`models.language.${code as 'en'}`, { defaultValue: code }))
              .join(t('comma'))}
          </dd>
          <dt>{t('models.price')}</dt>
          <dd>
            {card.price
              ? t(card.price.steps ? 'models.priceIs' : 'models.priceAny', {
                  second: figure(card.price.second, 3),
                  still: figure(card.price.still, 3),
                  steps: card.price.steps,
                })
              : t('models.noPrice')}
          </dd>
          <dt>{t('models.size')}</dt>
          <dd>
            {[
              card.parameters > 0 && t('models.parameters', { n: figure(card.parameters / 1e6, 1) }),
              card.size_bytes > 0 && bytes(card.size_bytes),
            ]
              .filter(Boolean)
              .join(t('comma')) || t('models.unknown')}
          </dd>
          <dt>{t('models.licence')}</dt>
          <dd>{card.licence || t('models.unknown')}</dd>
          <dt>{t('models.id')}</dt>
          <dd className={styles.mono}>{card.id}</dd>
          {card.weights && (
            <>
              <dt>{t('models.weights')}</dt>
              <dd className={styles.mono}>{card.weights}</dd>
            </>
          )}
          {card.aliases.length > 0 && (
            <>
              <dt>{t('models.aliases')}</dt>
              <dd>
                <details className={styles.more}>
                  <summary>{t('models.aliasCount', { count: card.aliases.length })}</summary>
                  <span className={styles.mono}>{card.aliases.join(', ')}</span>
                </details>
              </dd>
            </>
          )}
        </dl>
      </article>
    </Section>
  );
}

/** Only what was measured; where nothing was, that is said. */
function Scores({ scores }: { scores: Record<string, number> }) {
  const { t } = useTranslation('pages');
  const names = Object.keys(scores).sort((a, b) => place(a) - place(b));
  if (names.length === 0) return <p className={styles.why}>{t('models.notMeasured')}</p>;
  return (
    <div className={styles.section}>
      <h3>{t('models.exam')}</h3>
      <p className={styles.why}>{t('models.examWhy')}</p>
      <dl className={styles.scores}>
        {names.map((name) => (
          <Score key={name} name={name} value={scores[name]} />
        ))}
      </dl>
    </div>
  );
}

function Score({ name, value }: { name: string; value: number }) {
  const { t } = useTranslation('pages');
  return (
    <>
      <dt>{SCORES.includes(name) ? t(`models.score.${name as 'colour'}`) : name}</dt>
      <dd className={styles.meter} aria-hidden>
        <i style={{ width: `${Math.min(100, Math.max(0, value))}%` }} />
      </dd>
      <dd className={styles.number}>{figure(value, 1)} %</dd>
    </>
  );
}

function place(name: string): number {
  const found = SCORES.indexOf(name);
  return found < 0 ? SCORES.length : found;
}
