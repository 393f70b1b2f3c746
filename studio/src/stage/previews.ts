// The previews of a job, step by step: those that the server keeps, and those that came with its events since then.

import { useMemo } from 'react';
import { create } from 'zustand';
import { onEvent } from '../api/events';
import type { Video } from '../api/types';
import { local } from '../library/files';

export interface Preview {
  step: number;
  url: string;
}

const MOST_JOBS = 12; // whose events are remembered

const useHeard = create<{ jobs: ReadonlyMap<string, Preview[]> }>(() => ({ jobs: new Map() }));

onEvent((event) => {
  const url = local(event.preview_url);
  if (!url || !event.video_id || !event.step) return;
  const one = { step: event.step, url };
  useHeard.setState(({ jobs }) => {
    const next = new Map(jobs);
    next.set(event.video_id!, [...(jobs.get(event.video_id!) ?? []).filter((old) => old.url !== url), one]);
    while (next.size > MOST_JOBS) next.delete(next.keys().next().value!);
    return { jobs: next };
  });
});

/** One for each step that has one, the first step first. */
export function usePreviews(video: Video | undefined): Preview[] {
  const heard = useHeard(({ jobs }) => (video ? jobs.get(video.id) : undefined));
  const kept = video?.previews;
  return useMemo(() => joined(kept ?? [], heard ?? []), [kept, heard]);
}

export function joined(kept: readonly Preview[], heard: readonly Preview[]): Preview[] {
  const found = new Map<number, string>();
  for (const { step, url } of heard) found.set(step, url);
  for (const { step, url } of kept) found.set(step, local(url) ?? url);
  return [...found].map(([step, url]) => ({ step, url })).sort((a, b) => a.step - b.step);
}

/** The look at this step, or the newest before it; the newest of all when none is asked. */
export function at(found: readonly Preview[], step: number | null): Preview | undefined {
  if (step === null) return found.at(-1);
  return found.findLast((one) => one.step <= step) ?? found[0];
}
