// What no event tells: the server's estimates of time, the places in the line, and clips that came while the page was
// not connected. Asked again now and then, only while something is on its way.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Acts } from './jobs';

const EVERY_MS = 2_000;

export function useFresh({ running, waiting }: Acts): void {
  const cache = useQueryClient();
  const busy = running.length + waiting.length > 0;
  useEffect(() => {
    if (!busy) return;
    const timer = setInterval(() => void cache.invalidateQueries({ queryKey: ['videos'] }), EVERY_MS);
    return () => clearInterval(timer);
  }, [busy, cache]);
}

/** Ask for the clips again when a video has one that is not here. */
export function useNoneMissing(missing: string | undefined): void {
  const cache = useQueryClient();
  useEffect(() => {
    if (missing) void cache.invalidateQueries({ queryKey: ['library', 'recent'] });
  }, [missing, cache]);
}
