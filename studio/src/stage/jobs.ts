// The account's videos, as the stage shows them: those of one click together, what runs, what waits, what has ended.

import type { Video } from '../api/types';

/** All videos of one click, in their order; most have one. */
export interface Take {
  id: string;
  videos: Video[];
  state: 'waiting' | 'running' | 'ended';
}

export interface Acts {
  running: Take[];
  waiting: Take[];
  ended: Take[];
}

/** Newest first, except those that wait: the next one first. `decided`: groups that are no groups any more. */
export function acts(videos: readonly Video[], decided: readonly string[] = []): Acts {
  const groups = new Map<string, Video[]>();
  const apart = new Set(decided);
  for (const video of videos) {
    const key = video.batch_id && !apart.has(video.batch_id) ? video.batch_id : video.id;
    groups.set(key, [...(groups.get(key) ?? []), video]);
  }
  const takes = [...groups].map(([id, found]) => take(id, found));
  const place = (one: Take) => Math.min(...one.videos.map((video) => video.queue_position ?? Infinity));
  return {
    running: takes.filter((one) => one.state === 'running'),
    waiting: takes.filter((one) => one.state === 'waiting').sort((a, b) => place(a) - place(b)),
    ended: takes.filter((one) => one.state === 'ended'),
  };
}

/** What the screen shows when nobody has chosen: the oldest that runs, else the next in line, else the newest. */
export function lead({ running, waiting, ended }: Acts): Take | undefined {
  return running.at(-1) ?? waiting[0] ?? ended[0];
}

/** What ended with something to show, or with something to say: what was cancelled is on the screen, and not here. */
export function finished({ ended }: Acts): Take[] {
  return ended.filter((one) => one.videos.some((video) => video.state !== 'cancelled'));
}

export function find(all: Acts, id: string | null): Take | undefined {
  if (!id) return undefined;
  const takes = [...all.running, ...all.waiting, ...all.ended];
  return takes.find((one) => one.id === id || one.videos.some((video) => video.id === id));
}

function take(id: string, videos: Video[]): Take {
  const ordered = [...videos].sort((a, b) => (a.seed ?? 0) - (b.seed ?? 0) || a.id.localeCompare(b.id));
  const running = ordered.some((video) => video.state === 'running');
  const waiting = ordered.some((video) => video.state === 'queued');
  return { id, videos: ordered, state: running ? 'running' : waiting ? 'waiting' : 'ended' };
}
