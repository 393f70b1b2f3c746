// The right side of Make: what is showing now, what waits, what has finished. Everything comes from the server's list of
// videos, so a reload, a restart of the server or a lost network changes nothing of it.

import { useNetwork } from '@mantine/hooks';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../api/client';
import { useConnection } from '../api/events';
import { useVideos } from '../api/hooks';
import type { Clip } from '../api/types';
import { useRecentClips } from '../library/hooks';
import { useClipKeys } from '../library/keys';
import { Button } from '../parts/Button';
import { useShortcut } from '../shell/shortcuts';
import { useFresh, useNoneMissing } from './fresh';
import { acts, find, finished, lead, type Take } from './jobs';
import { Finished } from './Finished';
import { QueueRows } from './QueueRows';
import { Screen } from './Screen';
import { Start } from '../start/Start';
import { useExamplesOpen } from '../start/store';
import { useDecided, useScreen } from './screen';
import { Spoken } from './Spoken';
import css from './stage.module.css';
import { story } from './story';

const MOST = 12; // finished takes; the library has all

export function Stage() {
  const { t } = useTranslation('stage');
  const videos = useVideos();
  const recent = useRecentClips();
  const online = useNetwork().online;
  const connection = useConnection() === 'live' && online ? 'live' : 'lost';
  const { chosen, choose, refused } = useScreen();
  const decided = useDecided((store) => store.batches);
  const list = useMemo(() => videos.data?.data ?? [], [videos.data]);
  const all = useMemo(() => acts(list, decided), [list, decided]);
  const clips = useMemo(() => new Map(recent.data?.data.map((clip) => [clip.id, clip])), [recent.data]);
  const take = refused ? undefined : (find(all, chosen) ?? lead(all));
  const told_ = refused ? { kind: 'refused' as const, lost: false, bad: true } : story(take, clips, connection);
  const onWay = [...all.running, ...all.waiting];
  const examples = useExamplesOpen(list[0]?.id);
  useFresh(all);
  useNoneMissing(list.find((video) => video.clip_id && !clips.has(video.clip_id))?.id);
  useScreenKeys([...onWay, ...all.ended], take, choose);
  useClipKeys(onlyClip(take, clips));

  if (videos.isPending) return <Waiting text={t('loading')} />;
  if (videos.isError && !videos.data) {
    return (
      <div className={css.stage} role="alert">
        <h2>{t('loadFailed')}</h2>
        <p className={css.error}>{told(videos.error)}</p>
        <Button onClick={() => void videos.refetch()}>{t('again')}</Button>
      </div>
    );
  }

  if (told_.kind === 'empty' || examples) return <Start />;

  const counts = [
    all.running.length ? t('running', { count: all.running.length }) : '',
    all.waiting.length ? t('waiting', { count: all.waiting.length }) : '',
  ];
  return (
    <section className={css.stage} aria-labelledby="showing">
      <div className={css.inner}>
        <div className={css.beam} data-on={all.running.length > 0 || undefined} aria-hidden>
          <i />
        </div>
        <header className="head">
          <h2 id="showing">{t('title')}</h2>
          <span className="grow meta">{counts.filter(Boolean).join(' · ')}</span>
        </header>
        <div className={css.now}>
          <Screen take={take} story={told_} clips={clips} history={list} />
          <QueueRows takes={onWay.filter((one) => one !== take)} />
        </div>
        <Finished takes={finished(all).slice(0, MOST)} clips={clips} shown={take?.id} />
        <Spoken videos={list} shown={take?.videos[0].id} />
      </div>
    </section>
  );
}

export default Stage;

function Waiting({ text }: { text: string }) {
  return (
    <div className={css.stage} role="status">
      <p className={css.error}>{text}</p>
    </div>
  );
}

/** J and K go through everything that can be on the screen. */
function useScreenKeys(takes: Take[], take: Take | undefined, choose: (id: string) => void) {
  const { t } = useTranslation('stage');
  const go = (way: number) => {
    const at = takes.findIndex((one) => one === take);
    const next = takes[at + way];
    if (!next) return;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); // one ring: round what is shown
    choose(next.id);
  };
  useShortcut('j', () => go(1), t('keys.next'));
  useShortcut('k', () => go(-1), t('keys.previous'));
}

function onlyClip(take: Take | undefined, clips: ReadonlyMap<string, Clip>): Clip | undefined {
  const [video, ...more] = take?.videos ?? [];
  return video?.clip_id && !more.length ? clips.get(video.clip_id) : undefined;
}
