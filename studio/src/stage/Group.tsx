// Two to four results of one click: all at once on the screen, and keep the best.

import { IconCheck, IconColumns2, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useAccount } from '../api/hooks';
import type { Clip, Video } from '../api/types';
import { useClipActions } from '../library/actions';
import { fit, local } from '../library/files';
import { useMarks } from '../library/marks';
import { type Sync, useSync } from '../library/sync';
import { SyncBar } from '../library/SyncBar';
import { Button } from '../parts/Button';
import { figure } from '../parts/time';
import { useShortcut } from '../shell/shortcuts';
import { useTakeActions } from './actions';
import { HeadRow } from './Head';
import { shareOf } from './estimate';
import type { Take } from './jobs';
import { LeaderRing } from './LeaderRing';
import { TakePicture } from './Picture';
import css from './group.module.css';
import { useDecided, useScreen } from './screen';

import side from './side.module.css';

interface Props {
  take: Take;
  clips: ReadonlyMap<string, Clip>;
}

/** The picture and the strip: all that are done play in step. */
export function useGroup({ take, clips, lost }: Props & { lost: boolean }) {
  const found = take.videos.map((video) => (video.clip_id ? clips.get(video.clip_id) : undefined));
  const sync = useSync(
    take.id,
    found.map((clip) => clip ?? { seconds: 0, fps: 1 }),
  );
  const whole = Math.max(0, ...found.map((clip) => clip?.seconds ?? 0));
  return {
    picture: <Group take={take} clips={clips} lost={lost} sync={sync} />,
    strip: whole > 0 ? <SyncBar sync={sync} whole={whole} /> : null,
  };
}

function Group({ take, clips, lost, sync }: Props & { lost: boolean; sync: Sync }) {
  const { t } = useTranslation('stage');
  const { picked, pick } = useScreen();
  useShortcut('space', sync.toggle, '');
  return (
    <div className={css.group} data-count={take.videos.length} data-lost={lost || undefined}>
      {take.videos.map((video, index) => (
        <Result
          key={video.id}
          video={video}
          clip={video.clip_id ? clips.get(video.clip_id) : undefined}
          name={t('group.result', { number: index + 1 })}
          number={index + 1}
          on={picked.has(video.id)}
          onPick={() => pick(video.id)}
          show={sync.refs[index]}
          whole={take.videos.length === 2}
        />
      ))}
    </div>
  );
}

interface ResultProps {
  video: Video;
  clip: Clip | undefined;
  name: string;
  number: number;
  on: boolean;
  onPick: () => void;
  show: (element: HTMLVideoElement | null) => void;
  whole: boolean; // the place is not as wide as the clip: show all of it
}

function Result({ video, clip, name, number, on, onPick, show, whole }: ResultProps) {
  const { t } = useTranslation('stage');
  useShortcut(String(number), onPick, t('keys.choose', { number }), !!clip);
  const score = video.score;
  return (
    <button type="button" className={css.result} aria-pressed={on} aria-label={name} disabled={!clip} onClick={onPick}>
      {clip ? (
        <video
          ref={show}
          src={local(clip.url)}
          poster={local(clip.thumbnail_url)}
          style={{ objectFit: whole ? 'contain' : fit(clip) }}
          muted
          playsInline
          preload="auto"
          aria-hidden
        />
      ) : (
        <TakePicture video={video} small />
      )}
      <span className={css.number}>
        {on && <IconCheck size={13} stroke={2.4} aria-hidden />}
        {number}
        {score != null && ` · ${Math.round(score)}`}
      </span>
      {video.state === 'running' && <span className={css.bar} style={{ '--at': shareOf(video) } as never} />}
    </button>
  );
}

export function GroupSide({ take, clips, lost }: Props & { lost: boolean }) {
  const { t } = useTranslation('stage');
  const go = useNavigate();
  const { picked, choose } = useScreen();
  const { trash } = useClipActions();
  const decide = useDecided((store) => store.decide);
  const { cancel, cancelling } = useTakeActions();
  const compare = useMarks((marks) => marks.compare);
  const found = take.videos.map((video) => (video.clip_id ? clips.get(video.clip_id) : undefined));
  const there = found.filter((clip): clip is Clip => !!clip);
  const kept = there.filter((clip) => take.videos.some((video) => video.clip_id === clip.id && picked.has(video.id)));
  const numbers = take.videos.flatMap((video, index) => (picked.has(video.id) ? index + 1 : []));
  const best = bestOf(take.videos);
  const running = take.state !== 'ended';
  const on = useAccount().data?.credits_on ?? false;
  const held = take.videos.reduce((sum, one) => sum + (one.state === 'succeeded' ? 0 : one.credits), 0);
  const done = take.videos.filter((video) => video.state === 'succeeded').length;

  const keep = () => {
    const rest = there.filter((clip) => !kept.includes(clip));
    if (rest.length) trash(rest, t('group.kept'));
    decide(take.id);
    choose(take.videos.find((video) => video.clip_id === kept[0].id)!.id);
  };

  const pair = kept.length === 2 ? kept : there.slice(0, 2);
  return (
    <div className={side.side}>
      <HeadRow
        ring={
          <LeaderRing label={running ? done : take.videos.length} share={running ? done / take.videos.length : 1} />
        }
        title={running ? t('group.running', { done, count: take.videos.length }) : t('done')}
        lit={running}
      >
        {best && t('group.best', best)}
      </HeadRow>
      <h3 className={side.title} title={take.videos[0].prompt}>
        {take.videos[0].prompt}
      </h3>
      <div className={side.text}>
        <b>{t(lost ? 'lost' : running ? 'group.making' : 'group.title')}</b>
        <p>{lost ? t('lostText') : running ? t('group.wait') : t('group.text', { count: take.videos.length })}</p>
      </div>
      <div className={side.actions}>
        {running ? (
          <>
            <Button
              icon={<IconX size={16} stroke={1.9} />}
              disabled={cancelling || lost}
              onClick={() => cancel(take.videos)}
            >
              {t(cancelling ? 'cancelling' : 'cancel')}
            </Button>
            {on && held > 0 && <p className={side.note}>{t('refund', { count: Number(figure(held)) })}</p>}
          </>
        ) : (
          <>
            <Button icon={<IconCheck size={16} stroke={1.9} />} disabled={!kept.length} onClick={keep}>
              {kept.length === 0
                ? t('group.keepNone')
                : kept.length === there.length
                  ? t('group.keepAll')
                  : t('group.keep', { numbers: numbers.join(', ') })}
            </Button>
            {pair.length === 2 && (
              <Button
                icon={<IconColumns2 size={16} stroke={1.9} />}
                onClick={() => {
                  compare(pair[0], pair[1]);
                  void go('/library');
                }}
              >
                {t('group.compare')}
              </Button>
            )}
          </>
        )}
      </div>
    </div>
  );
}

/** The number of the one that is ahead of all others; null when that cannot be said. */
export function bestOf(videos: readonly Video[]): { number: number; score: number } | null {
  const scored = videos.flatMap((video, index) =>
    video.score != null ? [{ number: index + 1, score: video.score }] : [],
  );
  const [best, second] = scored.sort((a, b) => b.score - a.score);
  if (!second || best.score === second.score || scored.length < videos.length) return null;
  return { number: best.number, score: Math.round(best.score) };
}
