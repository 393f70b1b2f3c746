// The script as it was given, word for word; each row leads to its shot. What the model does not know is underlined.
import { Textarea } from '@mantine/core';
import { useMutation, useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call, told } from '../../api/client';
import type { Reading } from '../../api/types';
import { pieces } from '../../make/marks';
import { Button } from '../../parts/Button';
import { useToast } from '../../parts/toast';
import { language } from '../../words';
import { breakDown, useWarnings } from '../acts';
import type { Placed } from '../document';
import { useModelName } from '../say';
import { rows, withoutNames } from '../source';
import type { FilmDocument } from '../types';
import type { BoardProps } from './parts';
import css from './script.module.css';

const MOST_READ = 80; // shots whose words are looked up

export function Script({ here, shots, current, onChoose }: BoardProps) {
  const { t } = useTranslation('films');
  const { film } = here;
  const source = film.document.source?.text ?? '';
  const form = film.document.source?.form ?? '';
  const [editing, setEditing] = useState(false);
  const told = useMemo(() => rows(source, shots), [source, shots]);
  const readings = useReadings(shots, film.document);
  const warnings = useWarnings(film);
  const labels = Object.fromEntries(shots.map(({ shotId, label }) => [shotId, label]));
  return (
    <section className={css.script} aria-label={t('script')} data-scroll>
      <header className={css.head}>
        <h2>{t('script')}</h2>
        {source && <span className={css.kept}>{t(`form.${form || 'plain'}` as 'form.plain')}</span>}
        <Button small kind="quiet" onClick={() => setEditing(!editing)}>
          {t(editing ? 'cancel' : source ? 'edit' : 'new.paste')}
        </Button>
      </header>
      {editing ? (
        <Editor here={here} source={source} onDone={() => setEditing(false)} />
      ) : source ? (
        <ol className={css.rows}>
          {told.map((row) =>
            row.text.trim() ? (
              <li
                key={row.at}
                data-kind={row.kind}
                data-on={(row.shot && row.shot === current) || undefined}
                data-row={row.first ? row.shot : undefined}
              >
                <span className={css.label}>{row.first ? labels[row.shot] : ''}</span>
                {row.shot ? (
                  <button type="button" aria-pressed={row.shot === current} onClick={() => onChoose(row.shot)}>
                    {row.kind === 'action' ? <Read text={row.text} reading={readings[row.shot]} /> : row.text}
                  </button>
                ) : (
                  <span>{row.text}</span>
                )}
              </li>
            ) : (
              <li key={row.at} className={css.gap} aria-hidden />
            ),
          )}
        </ol>
      ) : (
        <p className={css.none}>{t('noScript')}</p>
      )}
      {!editing && <Unknown shots={shots} readings={readings} model={film.document.model} onChoose={onChoose} />}
      {!editing && warnings && warnings.length > 0 && (
        <ul className={css.warnings} aria-label={t('warnings')}>
          {warnings.slice(0, 12).map((warning) => (
            <li key={`${warning.line}${warning.text}`}>
              <b>{t('line', { line: warning.line })}</b> {warning.text}
            </li>
          ))}
          {warnings.length > 12 && <li>{t('moreWarnings', { count: warnings.length - 12 })}</li>}
        </ul>
      )}
    </section>
  );
}

/** The words with a dashed line under those that the model does not know. */
export function Read({ text, reading }: { text: string; reading: Reading | undefined }) {
  const { t } = useTranslation('films');
  const marked = reading && { ...reading, understood: [], left_out: [], too_many: [] };
  return pieces(text, marked).map((piece, index) =>
    piece.kind === 'unknown' ? (
      <span key={index} className={css.unknown} title={t('unknownWord')}>
        {piece.text}
      </span>
    ) : (
      <span key={index}>{piece.text}</span>
    ),
  );
}

/** How each shot's model reads its action; nothing for models that read no words of their own. */
function useReadings(
  shots: readonly Placed[],
  { model = '', cast }: FilmDocument,
): Record<string, Reading | undefined> {
  const asked = shots.slice(0, MOST_READ).filter(({ shot }) => (shot.action ?? '').trim());
  const answers = useQueries({
    queries: asked.map(({ shot }) => {
      const prompt = (shot.action ?? '').slice(0, 2000);
      const name = shot.model || model;
      return {
        queryKey: ['reading', prompt, language(), name],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          call(api.POST('/v1/reading', { body: { prompt, language: language(), model: name }, signal })),
        staleTime: Infinity,
        retry: false,
      };
    }),
  });
  return Object.fromEntries(asked.map(({ shotId }, at) => [shotId, withoutNames(answers[at]?.data, cast)]));
}

function Unknown({
  shots,
  readings,
  model,
  onChoose,
}: {
  shots: readonly Placed[];
  readings: Record<string, Reading | undefined>;
  model: string | undefined;
  onChoose: (id: string) => void;
}) {
  const { t } = useTranslation('films');
  const name = useModelName();
  const found = shots.filter(({ shotId }) => readings[shotId]?.unknown.length);
  if (!found.length) return null;
  return (
    <ul className={css.notKnown} aria-label={t('notKnown')}>
      {found.slice(0, 4).map(({ shotId, shot, label }) => (
        <li key={shotId}>
          <b>{readings[shotId]?.unknown.join(', ')}</b> {t('beyond', { model: name(shot.model || model), label })}{' '}
          <button type="button" onClick={() => onChoose(shotId)}>
            {t('openShot', { label })}
          </button>
        </li>
      ))}
      {found.length > 4 && <li>{t('moreUnknown', { count: found.length - 4 })}</li>}
    </ul>
  );
}

/** Other words: broken down again, and what is still there keeps its shots, choices and takes. */
function Editor({ here, source, onDone }: { here: BoardProps['here']; source: string; onDone: () => void }) {
  const { t } = useTranslation('films');
  const toast = useToast();
  const [text, setText] = useState(source);
  const again = useMutation({
    mutationFn: () => breakDown(here.film.id, text),
    onSuccess: ({ changes }) => {
      if (Object.keys(changes).length) here.change(changes);
      onDone();
    },
    onError: (error) => toast(told(error), { tone: 'bad' }),
  });
  return (
    <form
      className={css.editor}
      onSubmit={(event) => {
        event.preventDefault();
        again.mutate();
      }}
    >
      <Textarea
        data-autofocus
        autosize
        minRows={14}
        maxRows={40}
        aria-label={t('script')}
        maxLength={400_000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <p>{t('againWhy')}</p>
      <button type="submit" className="button" disabled={!text.trim() || again.isPending || here.saved !== 'saved'}>
        {t(again.isPending ? 'new.busy' : 'breakAgain')}
      </button>
    </form>
  );
}
