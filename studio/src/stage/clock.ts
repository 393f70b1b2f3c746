// The time, once a second, for as long as somebody looks at it.

import { useEffect, useState } from 'react';

export function useNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    if (!running) return;
    setNow(Date.now() / 1000);
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}

/** Seconds since this value was another one. */
export function useAge(value: unknown, now: number): number {
  const [seen, setSeen] = useState({ value, at: now });
  if (!Object.is(seen.value, value)) setSeen({ value, at: Date.now() / 1000 });
  return Object.is(seen.value, value) ? Math.max(0, now - seen.at) : 0;
}
