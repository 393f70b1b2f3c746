// What is to be said of the take on the screen. It knows no component and no clock.

import type { Connection } from '../api/events';
import type { TFunction } from 'i18next';
import type { Clip, Video } from '../api/types';
import { stepNow, stepsOf } from './estimate';
import type { Take } from './jobs';

export type Kind = 'empty' | 'waiting' | 'running' | 'cancelled' | 'refused' | 'failed' | 'defect' | 'done' | 'group';

export interface Story {
  kind: Kind;
  lost: boolean; // the connection; the job goes on
  bad: boolean;
}

export function story(take: Take | undefined, clips: ReadonlyMap<string, Clip>, connection: Connection): Story {
  const kind = kindOf(take, clips);
  const lost = connection === 'lost' && !!take && take.state !== 'ended';
  return { kind, lost, bad: kind === 'failed' || kind === 'refused' };
}

function kindOf(take: Take | undefined, clips: ReadonlyMap<string, Clip>): Kind {
  if (!take) return 'empty';
  if (take.videos.length > 1 && take.state !== 'waiting') {
    const [good] = take.videos.filter((video) => video.state === 'succeeded' || video.state === 'running');
    if (good) return 'group';
  }
  if (take.state !== 'ended') return take.state;
  const [video] = take.videos;
  if (video.state === 'cancelled') return 'cancelled';
  if (video.state === 'failed') return video.error?.code === 'policy_refused' ? 'refused' : 'failed';
  return defects(video, clips).length ? 'defect' : 'done';
}

export function defects(video: Video, clips: ReadonlyMap<string, Clip>): Clip['defects'] {
  return (video.clip_id && clips.get(video.clip_id)?.defects) || [];
}

/** What a running job is at, in words: the step that is being made, or what comes before and after the steps. */
export function doing(video: Video, t: TFunction<'stage'>): string {
  if (!video.step && video.stage !== 'steps') return t(video.stage === 'turn' ? 'turn' : 'starting');
  if (video.step >= stepsOf(video)) return t('writing');
  return t('step', { step: stepNow(video), steps: stepsOf(video) });
}

const FAILURES = [
  'unavailable',
  'bad_weights',
  'engine_failed',
  'bad_clip',
  'bad_picture',
  'output_failed',
  'out_of_memory',
  'attempts',
];

/** The key of the words for why a job failed. */
export function failure(code: string | undefined): string {
  return `failed.${code && FAILURES.includes(code) ? code : 'title'}`;
}
