// A new film: from a script that is pasted, dropped or chosen, from the sample, or empty; from an idea, where the
// operator has set a language model that writes a script of it. The script is broken down at once; what comes out is a
// proposal that the board shows and the first gate approves.
import { TextInput } from '@mantine/core';
import { IconFileText, IconMovie } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { api, call, told } from '../api/client';
import { useAccount, useCards } from '../api/hooks';
import { usual, type Model } from '../models/takes';
import { Button } from '../parts/Button';
import { Segment } from '../parts/Segment';
import { useToast } from '../parts/toast';
import { figure } from '../parts/time';
import { language } from '../words';
import { breakDown, fromIdea } from './acts';
import { filmKey } from './edits';
import css from './films.module.css';
import { sample } from './sample';
import { length as characters, languageFor, LONGEST, readScript, type Unread } from './scriptFile';
import { seconds } from './say';
import type { FilmDocument } from './types';

const SHAPES = { '16:9': [1280, 720], '9:16': [720, 1280], '1:1': [720, 720] } as const;
type Shape = keyof typeof SHAPES;
const LENGTHS = ['30', '60', '120'] as const; // seconds of a film from an idea
const LONGEST_IDEA = 20_000;

export function NewFilm({ first, onClose }: { first: boolean; onClose: () => void }) {
  const { t } = useTranslation('films');
  const navigate = useNavigate();
  const cache = useQueryClient();
  const chooser = useRef<HTMLInputElement>(null);
  const id = useId();
  const [text, setText] = useState('');
  const [title, setTitle] = useState('');
  const [shape, setShape] = useState<Shape>('16:9');
  const [unread, setUnread] = useState<{ why: Unread; name: string } | null>(null);
  const [dropping, setDropping] = useState(false);
  const model = usual(useCards().data ?? []);
  const toast = useToast();
  const writer = useAccount().data?.writer;
  const [from, setFrom] = useState<'script' | 'idea'>('script');
  const [length, setLength] = useState<(typeof LENGTHS)[number]>('60');
  const idea = from === 'idea' && writer;
  const most = idea ? LONGEST_IDEA : LONGEST;
  const count = text.length > most ? characters(text) : 0;
  const tooLong = count > most;

  const create = useMutation({
    mutationFn: async ({ source, name, idea }: { source: string; name: string; idea?: boolean }) => {
      const document: FilmDocument = {
        ...(!(idea && !name) && { title: name || titleOf(source) || t('untitled') }), // or the idea's script has one
        ...languageFor(source, language()),
        ...sizeFor(shape, model),
      };
      const film = await call(api.POST('/v1/films', { body: { document: document as never, by: '' } }));
      if (!source.trim()) return film.id;
      try {
        const { changes, warnings } = idea
          ? await fromIdea(film.id, source, Number(length))
          : await breakDown(film.id, source);
        if (idea && warnings[0]) toast(warnings[0].text);
        const body = { version: film.version, changes };
        await call(api.PATCH('/v1/films/{film_id}', { params: { path: { film_id: film.id } }, body }));
      } catch (error) {
        // A film whose script could not be read is not left lying about.
        await call(api.DELETE('/v1/films/{film_id}', { params: { path: { film_id: film.id } } }));
        throw error;
      }
      return film.id;
    },
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: ['films'] });
      cache.removeQueries({ queryKey: filmKey(made) });
      void navigate(`/films/${made}`);
    },
  });
  const write = (words: string) => {
    setText(words);
    setUnread(null);
  };
  const readFile = async (files: FileList | null) => {
    const file = files?.[0];
    if (!file) return;
    const read = await readScript(file, most);
    if ('unread' in read) return setUnread({ why: read.unread, name: file.name });
    write(read.text);
    if (!title) setTitle(file.name.replace(/\.[a-z0-9]+$/i, ''));
  };

  return (
    <section className={css.new} aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}>{t(first ? 'new.first' : 'new.title')}</h2>
        <p>{t(idea ? 'new.ideaText' : 'new.text')}</p>
        {writer && (
          <Segment
            label={t('new.from')}
            value={from}
            onChange={setFrom}
            choices={[
              { value: 'script', label: t('script') },
              { value: 'idea', label: t('new.idea') },
            ]}
          />
        )}
      </header>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() && !tooLong) create.mutate({ source: text, name: title.trim(), idea: Boolean(idea) });
        }}
        onDragOver={(event) => {
          event.preventDefault();
          setDropping(true);
        }}
        onDragLeave={() => setDropping(false)}
        onDrop={(event) => {
          event.preventDefault();
          setDropping(false);
          void readFile(event.dataTransfer.files);
        }}
      >
        <textarea
          className={css.script}
          data-dropping={dropping || undefined}
          autoFocus={!first}
          aria-label={t(idea ? 'new.idea' : 'script')}
          aria-describedby={idea ? `${id}-leaves` : undefined}
          placeholder={t(idea ? 'new.ideaPlaceholder' : 'new.placeholder')}
          value={text}
          aria-invalid={tooLong || undefined}
          rows={idea ? 5 : 10}
          spellCheck={false}
          onChange={(event) => write(event.currentTarget.value)}
        />
        {(unread || tooLong) && (
          <p role="alert" className={css.bad}>
            {unread
              ? t(`new.unread.${unread.why}`, { name: unread.name, most: figure(most) })
              : t('new.tooLong', { shown: figure(count), most: figure(most) })}
          </p>
        )}
        {idea && (
          <p id={`${id}-leaves`} className={css.leaves}>
            {t('new.leaves', { shown: figure([...text].length), host: idea.host, model: idea.model })}
          </p>
        )}
        <div className={css.newRow}>
          <TextInput
            aria-label={t('new.name')}
            placeholder={t('new.name')}
            maxLength={200}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <Segment
            label={t('new.shape')}
            value={shape}
            onChange={setShape}
            choices={(Object.keys(SHAPES) as Shape[]).map((value) => ({ value, label: value }))}
          />
          {idea ? (
            <Segment
              label={t('new.length')}
              value={length}
              onChange={setLength}
              choices={LENGTHS.map((value) => ({ value, label: seconds(Number(value)) }))}
            />
          ) : (
            <Button icon={<IconFileText size={16} stroke={1.8} aria-hidden />} onClick={() => chooser.current?.click()}>
              {t('new.file')}
            </Button>
          )}
          <span className={css.grow} />
          {!first && (
            <Button kind="quiet" onClick={onClose}>
              {t('cancel')}
            </Button>
          )}
          <button
            type="submit"
            className="button"
            data-kind="fill"
            disabled={!text.trim() || tooLong || create.isPending}
            aria-busy={create.isPending}
          >
            {t(create.isPending ? (idea ? 'new.writing' : 'new.busy') : idea ? 'new.write' : 'new.make')}
          </button>
        </div>
        <input
          ref={chooser}
          type="file"
          hidden
          accept=".fountain,.txt,.md,.csv,.tsv,text/*"
          onChange={(event) => {
            void readFile(event.target.files);
            event.target.value = '';
          }}
        />
      </form>
      {create.isError && (
        <p role="alert" className={css.bad}>
          {told(create.error)}
        </p>
      )}
      <div className={css.ways}>
        <button
          type="button"
          className={css.way}
          disabled={create.isPending}
          onClick={() => create.mutate({ source: sample(language()), name: '' })}
        >
          <IconMovie size={20} stroke={1.6} aria-hidden />
          <span>
            <b>{t('new.sample')}</b>
            <span>{t('new.sampleText')}</span>
          </span>
        </button>
        <button
          type="button"
          className={css.way}
          disabled={create.isPending}
          onClick={() => create.mutate({ source: '', name: title.trim() })}
        >
          <IconFileText size={20} stroke={1.6} aria-hidden />
          <span>
            <b>{t('new.empty')}</b>
            <span>{t('new.emptyText')}</span>
          </span>
        </button>
      </div>
    </section>
  );
}

/** As a script says it itself: Fountain's "Title:", or 《…》. */
function titleOf(source: string): string {
  const said = /^title:[ \t]*\n?[ \t]*(\S.*)$/im.exec(source)?.[1] ?? /《(.{1,60}?)》/.exec(source)?.[1] ?? '';
  return said.replace(/[_*]/g, '').trim().slice(0, 200);
}

/** The largest size of this shape that the server's usual model makes, so that nothing is blown up. */
function sizeFor(shape: Shape, model: Model | undefined): { width: number; height: number } {
  const [width, height] = SHAPES[shape];
  const sizes = (model?.format.tiers ?? []).flatMap((tier) => tier.sizes).map((size) => size.split('x').map(Number));
  const fitting = sizes
    .filter(([wide, high]) => wide && high && Math.abs(wide / high / (width / height) - 1) < 0.06)
    .sort((a, b) => b[0] * b[1] - a[0] * a[1])
    .at(0);
  const [wide, high] = fitting ?? [width, height];
  return { width: wide - (wide % 2), height: high - (high % 2) };
}
