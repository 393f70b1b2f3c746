// Beside the picture: how far it is, what it is, what it cost, and what can be done now.

import { IconCheck, IconPencil, IconRepeat, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useAccount } from '../api/hooks';
import type { Clip, Video } from '../api/types';
import { ClipButtons } from '../library/ClipButtons';
import { fillAgain } from '../library/form';
import type { Playing } from '../library/player';
import { Button } from '../parts/Button';
import { Tag } from '../parts/Tag';
import { figure, span } from '../parts/time';
import { language } from '../words';
import { useAgainPrice, useTakeActions } from './actions';
import { countdown, useNow } from './clock';
import { phase } from './estimate';
import { GroupSide } from './Group';
import { Head } from './Head';
import type { Take } from './jobs';
import { RefusedSide } from './OtherSides';
import css from './side.module.css';
import { failure, type Story } from './story';
import { told } from './told';

interface Props {
  take: Take | undefined;
  story: Story;
  clips: ReadonlyMap<string, Clip>;
  history: readonly Video[];
  playing: Playing;
}

export function Side(props: Props) {
  const { take, story } = props;
  if (story.kind === 'refused' && !take) return <RefusedSide />;
  if (!take) return <div className={css.side} />;
  if (story.kind === 'group') return <GroupSide take={take} clips={props.clips} lost={story.lost} />;
  const [video] = take.videos;
  const clip = video.clip_id ? props.clips.get(video.clip_id) : undefined;
  return (
    <div className={css.side}>
      <Head take={take} video={video} story={story} />
      <h3 className={css.title} title={video.prompt}>
        {video.prompt}
      </h3>
      {!story.bad && <Tags video={video} />}
      <Text video={video} story={story} clip={clip} />
      <div className={css.actions}>
        <Actions {...props} take={take} video={video} clip={clip} />
      </div>
    </div>
  );
}

function Tags({ video }: { video: Video }) {
  const { t } = useTranslation('stage');
  const seconds = Number(video.seconds);
  return (
    <div className={css.tags}>
      {video.draft && <Tag tone="acc">{t('draft')}</Tag>}
      <Tag>{video.aspect}</Tag>
      <Tag>{seconds ? span(seconds, language()) : t('tag.still')}</Tag>
      {video.seed !== null && <Tag>{t('tag.seed', { seed: video.seed })}</Tag>}
    </div>
  );
}

interface TextProps {
  video: Video;
  story: Story;
  clip: Clip | undefined;
}

/** Two or three lines, whose place is kept when there is nothing to say. */
function Text({ video, story, clip }: TextProps) {
  const { t } = useTranslation('stage');
  const now = useNow(video.state === 'running');
  const on = useAccount().data?.credits_on ?? false;
  const back = !on ? '' : video.credits ? t('back', { count: video.credits }) : t('nothingCharged');
  const lines: string[] = [];
  let title = '';
  if (story.lost) {
    title = t('lost');
    lines.push(t(video.state === 'queued' ? 'lostWaiting' : 'lostText'));
  } else if (story.kind === 'waiting') {
    const wait = video.starts_in;
    lines.push(wait == null ? t('startsNext') : t('startsIn', { span: told(wait) }), t('keepsPlace'));
  } else if (story.kind === 'running') {
    title = video.stage === 'turn' ? t('turn') : t(phase(video, countdown(video, now)));
  } else if (story.kind === 'cancelled') {
    lines.push(back, t('formKept'));
  } else if (story.kind === 'failed' || story.kind === 'refused') {
    title = t(failure(video.error?.code) as 'failed.title');
    lines.push(video.step ? t('failed.at', { step: video.step }) : '', back);
  } else if (story.kind === 'defect') {
    title = t('defect.title');
    lines.push(t(`defect.${clip?.defects[0]?.kind}` as 'defect.broken', { defaultValue: clip?.defects[0]?.message }));
    lines.push(on ? t('back', { count: video.credits }) : '');
  } else if (on && story.kind === 'done') {
    lines.push(t('cost', { count: video.credits }));
  }
  if (video.outside && !story.bad && !story.lost) lines.push(t('outside'));
  return (
    <div className={css.text}>
      {title && <b data-tone={story.bad ? 'bad' : story.kind === 'defect' ? 'info' : undefined}>{title}</b>}
      <p>{lines.filter(Boolean).join(' ')}</p>
      {story.bad && video.error && <Details message={video.error.message} hint={video.error.hint ?? ''} />}
    </div>
  );
}

function Details({ message, hint }: { message: string; hint: string }) {
  const { t } = useTranslation('stage');
  const [open, setOpen] = useState(false);
  return (
    <>
      {open && (
        <p>
          {message} {hint}
        </p>
      )}
      <button type="button" className={css.link} onClick={() => setOpen(!open)} aria-expanded={open}>
        {t(open ? 'hide' : 'details')}
      </button>
    </>
  );
}

function Actions({ take, video, story, clip, playing }: Props & { take: Take; video: Video; clip?: Clip }) {
  const { t } = useTranslation('stage');
  const go = useNavigate();
  const { cancel, cancelling, finish } = useTakeActions();
  const on = useAccount().data?.credits_on ?? false;
  if (story.lost) {
    return (
      <Button icon={<IconRepeat size={16} stroke={1.9} />} onClick={() => location.reload()}>
        {t('tryNow')}
      </Button>
    );
  }
  if (take.state !== 'ended') {
    const held = take.videos.reduce((sum, one) => sum + (one.state === 'succeeded' ? 0 : one.credits), 0);
    return (
      <>
        <Button icon={<IconX size={16} stroke={1.9} />} disabled={cancelling} onClick={() => cancel(take.videos)}>
          {t(cancelling ? 'cancelling' : 'cancel')}
        </Button>
        {on && held > 0 && <p className={css.note}>{t('refund', { count: Number(figure(held)) })}</p>}
      </>
    );
  }
  if (!clip) {
    return (
      <>
        <Again video={video} seed={video.seed} word={t('runAgain')} />
        <Button
          icon={<IconPencil size={16} stroke={1.9} />}
          onClick={() => {
            void fillAgain(video).then(() => go('/'));
          }}
        >
          {t('edit')}
        </Button>
      </>
    );
  }
  return (
    <>
      {story.kind === 'defect' && <Again video={video} seed={null} word={t('defect.newSeed')} />}
      {video.draft && story.kind === 'done' && (
        <Button
          icon={<IconCheck size={16} stroke={1.9} />}
          disabled={finish.isPending}
          onClick={() => finish.mutate(video)}
        >
          {on && video.finish_credits != null
            ? t('finishFor', { credits: t('cost', { count: video.finish_credits }) })
            : t('finish')}
        </Button>
      )}
      <ClipButtons clip={clip} time={playing.time} few={video.draft || story.kind === 'defect'} />
    </>
  );
}

/** Makes it once more, for no more than the button says. */
function Again({ video, seed, word }: { video: Video; seed: number | null; word: string }) {
  const { t } = useTranslation('stage');
  const { rerun } = useTakeActions();
  const { credits, why } = useAgainPrice(video);
  return (
    <Button
      icon={<IconRepeat size={16} stroke={1.9} />}
      disabled={rerun.isPending || credits === undefined}
      title={why}
      onClick={() => rerun.mutate({ video, seed, most: credits ?? null })}
    >
      {word}
      {credits != null && ` · ${t('cost', { count: credits })}`}
    </Button>
  );
}
