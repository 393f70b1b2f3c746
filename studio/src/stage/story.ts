// What is to be said of the take on the screen. Pure; the words are found by whoever shows it.

import type { Connection } from '../api/events';
import type { Clip, Video } from '../api/types';
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

/** Which of three sentences fits a running job: how far its steps are, of one. */
export function phase(video: Pick<Video, 'step' | 'step_count'>): 'early' | 'middle' | 'late' {
  const share = video.step_count ? video.step / video.step_count : 0;
  return share < 0.34 ? 'early' : share < 0.8 ? 'middle' : 'late';
}

const FAILURES = [
  'unavailable',
  'bad_weights',
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
