// Handing the film off: as a finished file, or to another editor, with what each form keeps. And a cut that comes back.
import {
  IconArrowBackUp,
  IconBadgeCc,
  IconDownload,
  IconMicrophone,
  IconMovie,
  IconMusic,
  IconX,
} from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../../api/client';
import { local } from '../../library/files';
import { Button, IconButton } from '../../parts/Button';
import { useToast } from '../../parts/toast';
import { moment } from '../../parts/time';
import { language } from '../../words';
import { filmKey } from '../edits';
import { ComeBack } from './ComeBack';
import css from './handoff.module.css';
import { FORMATS, type Format } from './formats';
import { askRender, dropRender, exported, renderOf, save } from './server';
import type { Render } from './types';
import type { Work } from './useCut';

const ICONS = [IconMovie, IconMicrophone, IconMusic, IconBadgeCc] as const;
const KEEPS = ['picture', 'voice', 'music', 'captions'] as const;
const LOOK_MS = 700;

export function HandOff({ work, onClose }: { work: Work; onClose: () => void }) {
  const { t } = useTranslation('filmcut');
  const cache = useQueryClient();
  const toast = useToast();
  const { film } = work;
  const [wanted, setWanted] = useState<readonly Format['name'][]>(['mp4']);
  const [busy, setBusy] = useState('');
  const [losses, setLosses] = useState<string[]>([]);
  const [back, setBack] = useState(false);
  const [render, setRender] = useState<Render | null>(
    film.renders.find((one) => one.state === 'queued' || one.state === 'running') ?? null,
  );
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const refresh = () => cache.invalidateQueries({ queryKey: filmKey(film.id) });

  const rendering = render && (render.state === 'queued' || render.state === 'running');
  useEffect(() => {
    if (!rendering) return;
    const timer = window.setInterval(() => {
      renderOf(film.id, render.id).then(
        (now) => {
          setRender(now);
          if (now.state !== 'queued' && now.state !== 'running') void refresh();
        },
        () => undefined, // the server is away: it is asked again
      );
    }, LOOK_MS);
    return () => window.clearInterval(timer);
  });

  // Its button goes when the render begins, and Cancel when it ends: by keys one stays where they were.
  const foot = useRef<HTMLDivElement>(null);
  const byKeys = useRef(false);
  useEffect(() => {
    if (byKeys.current && document.activeElement === document.body) foot.current?.querySelector('button')?.focus();
  }, [Boolean(rendering), busy]);

  const pack = async () => {
    setLosses([]);
    const found: string[] = [];
    try {
      if (wanted.includes('mp4')) {
        const mine = work.document.captions?.show ?? 'burned';
        setRender(await askRender(film.id, { captions: mine }));
        void refresh();
      }
      const chosen = FORMATS.filter((one) => wanted.includes(one.name));
      const zip = chosen.find((one) => one.name === 'zip');
      const inside = zip ? chosen.filter((one) => one !== zip).flatMap((one) => one.files) : [];
      for (const format of zip ? [zip] : chosen) {
        for (const file of format.files) {
          if (!here.current) return;
          setBusy(t('packing', { name: t(`format.${format.name}.name`) }));
          const made = await exported(film.id, file, inside);
          save(made.blob, made.name);
          found.push(...made.losses.map((loss) => `${t(`format.${format.name}.name`)}: ${loss}`));
        }
      }
      setLosses([...new Set(found)]);
    } catch (error) {
      toast(told(error), { tone: 'bad' });
    } finally {
      setBusy('');
    }
  };
  const drop = async (one: Render) => {
    try {
      await dropRender(film.id, one.id);
      if (render?.id === one.id) setRender(null);
    } catch (error) {
      toast(told(error), { tone: 'bad' });
    }
    void refresh();
  };
  const toggle = (name: Format['name']) =>
    setWanted(wanted.includes(name) ? wanted.filter((one) => one !== name) : [...wanted, name]);
  const done = film.renders.filter((one) => one.state === 'succeeded' || one.state === 'failed').slice(0, 3);
  const renders = wanted.includes('mp4');

  return (
    <section className={css.panel} aria-label={t('handOff')}>
      <header>
        <h2>{t('handOff')}</h2>
        <span>{t('keeps')}</span>
        <IconButton small label={t('shut')} onClick={onClose}>
          <IconX size={17} stroke={1.8} aria-hidden />
        </IconButton>
      </header>
      <ul className={css.formats}>
        {FORMATS.map((format) => (
          <li key={format.name}>
            <label>
              <input type="checkbox" checked={wanted.includes(format.name)} onChange={() => toggle(format.name)} />
              <span>
                <b>{t(`format.${format.name}.name`)}</b>
                <small>{t(`format.${format.name}.text`)}</small>
              </span>
            </label>
            <span className={css.keeps}>
              {ICONS.map((Icon, at) =>
                format.keeps[at] ? (
                  <Icon key={KEEPS[at]} size={17} stroke={1.7} role="img" aria-label={t(`row.${KEEPS[at]}`)} />
                ) : (
                  <i key={KEEPS[at]} aria-hidden>
                    ·
                  </i>
                ),
              )}
            </span>
          </li>
        ))}
      </ul>
      <div ref={foot} className={css.foot}>
        {rendering ? (
          <div className={css.progress}>
            <progress max={100} value={render.progress} aria-label={t('rendering')} />
            <span>{t(render.state === 'queued' ? 'renderQueued' : 'renderAt', { percent: render.progress })}</span>
            <Button small onClick={() => void drop(render)}>
              {t('cancel')}
            </Button>
          </div>
        ) : (
          <Button
            kind="fill"
            disabled={!wanted.length || !!busy || !work.isSaved}
            onClick={(event) => {
              byKeys.current = event.detail === 0;
              void pack();
            }}
          >
            {t(renders ? 'renderAndPack' : 'pack', { count: wanted.length })}
          </Button>
        )}
        <p role="status">{busy || (rendering ? '' : t('eachFile'))}</p>
        {losses.length > 0 && (
          <ul className={css.losses} aria-label={t('lost')}>
            {losses.map((loss) => (
              <li key={loss}>{loss}</li>
            ))}
          </ul>
        )}
        {done.length > 0 && (
          <ul className={css.renders} aria-label={t('renders')}>
            {done.map((one) => (
              <li key={one.id}>
                {one.state === 'succeeded' && one.url ? (
                  <a href={local(one.url)} download={`${film.title}.mp4`}>
                    <IconDownload size={16} stroke={1.8} aria-hidden />
                    {t('mp4Of', { when: moment(one.created_at, language(), 'both') })}
                  </a>
                ) : (
                  <span className={css.bad}>{one.error ?? t('renderFailed')}</span>
                )}
                {one.version < film.version && one.state === 'succeeded' && <small>{t('olderCut')}</small>}
                <IconButton small label={t('removeRender')} onClick={() => void drop(one)}>
                  <IconX size={15} stroke={1.8} aria-hidden />
                </IconButton>
              </li>
            ))}
          </ul>
        )}
        <div className={css.back}>
          <button type="button" onClick={() => setBack(true)}>
            <IconArrowBackUp size={17} stroke={1.8} aria-hidden />
            {t('comeBack.open')}
          </button>
          <span>OTIO, FCPXML, EDL</span>
        </div>
      </div>
      {back && <ComeBack work={work} onClose={() => setBack(false)} />}
    </section>
  );
}
