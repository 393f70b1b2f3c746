// The one large card: whatever is shown on it, its picture, its side and its strip keep their places and their sizes.

import { IconWifiOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Clip, Video } from '../api/types';
import { Heart } from '../library/Heart';
import { Player } from '../library/Player';
import { type Playing, usePlaying } from '../library/player';
import { useGroup } from './Group';
import { shareOf, stepsOf } from './estimate';
import type { Take } from './jobs';
import { MomentStrip } from './MomentStrip';
import { TakePicture, Torn } from './Picture';
import { at, usePreviews } from './previews';
import css from './screen.module.css';
import { useScreen } from './screen';
import { Side } from './Side';
import { StepStrip } from './StepStrip';
import { doing, type Story } from './story';

interface Props {
  take: Take | undefined;
  story: Story;
  clips: ReadonlyMap<string, Clip>;
  history: readonly Video[];
}

export function Screen(props: Props) {
  const { take, story } = props;
  return take && story.kind === 'group' ? <Several {...props} take={take} /> : <One {...props} />;
}

function Several({ take, story, clips, history }: Props & { take: Take }) {
  const playing = usePlaying(undefined, 1, 0); // each plays in its own place
  const { picture, strip } = useGroup({ take, clips, lost: story.lost });
  return (
    <article className={css.screen} data-kind="group" data-lit={take.state === 'running' || undefined}>
      <div className={css.picture}>
        {picture}
        {story.lost && <Reconnecting />}
      </div>
      <Side take={take} story={story} clips={clips} history={history} playing={playing} />
      <div className={css.strip}>{strip}</div>
    </article>
  );
}

function One({ take, story, clips, history }: Props) {
  const video = take?.videos[0];
  const clip = video?.clip_id ? clips.get(video.clip_id) : undefined;
  const playing = usePlaying(clip?.id, clip?.fps ?? 1, clip?.seconds ?? 0);
  return (
    <article className={css.screen} data-kind={story.kind} data-lit={take?.state === 'running' || undefined}>
      <div className={css.picture}>
        <Shown take={take} story={story} clips={clips} playing={playing} />
      </div>
      <Side take={take} story={story} clips={clips} history={history} playing={playing} />
      <div className={css.strip}>{take && <Strip take={take} clip={clip} playing={playing} />}</div>
    </article>
  );
}

interface ShownProps extends Omit<Props, 'history'> {
  playing: Playing;
}

function Shown({ take, story, clips, playing }: ShownProps) {
  const { t } = useTranslation('stage');
  const { step } = useScreen();
  const video = take?.videos[0];
  const found = usePreviews(video);
  if (story.kind === 'refused') return <Torn bad />;
  if (!take || !video) return null;
  const clip = video.clip_id ? clips.get(video.clip_id) : undefined;
  if (clip) {
    return (
      <Player clip={clip} playing={playing}>
        <Heart clip={clip} />
        {story.kind === 'defect' && <Label>{t(`defect.${clip.defects[0]?.kind}`, { defaultValue: '' }).trim()}</Label>}
      </Player>
    );
  }
  const shown = at(found, step);
  return (
    <>
      <div className={css.fill} data-lost={story.lost || undefined}>
        <TakePicture video={video} step={step} />
      </div>
      {video.state === 'running' && (
        <>
          <Label dot={step === null}>
            {step === null ? doing(video, t) : t('step', { step: shown?.step ?? step, steps: stepsOf(video) })}
          </Label>
          <span className={css.bar} style={{ '--at': shareOf(video) } as never} />
        </>
      )}
      {video.state === 'cancelled' && (
        <Label>{video.step ? t('stoppedAt', { step: video.step }) : t('neverStarted')}</Label>
      )}
      {story.lost && <Reconnecting />}
    </>
  );
}

function Strip({ take, clip, playing }: { take: Take; clip?: Clip; playing: Playing }) {
  const [video] = take.videos;
  if (clip) return clip.seconds > 0 ? <MomentStrip clip={clip} playing={playing} /> : null;
  return <StepStrip video={video} />;
}

function Label({ children, dot }: { children: React.ReactNode; dot?: boolean }) {
  return (
    <span className={css.label}>
      {dot && <i />}
      {children}
    </span>
  );
}

function Reconnecting() {
  const { t } = useTranslation('stage');
  return (
    <span className={css.pill}>
      <IconWifiOff size={16} stroke={1.9} aria-hidden />
      {t('reconnecting')}
    </span>
  );
}
