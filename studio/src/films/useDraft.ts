// A field that is typed into: what is typed stands here at once, and becomes a change when one pauses or leaves it.
import { useEffect, useRef, useState } from 'react';

const PAUSE_MS = 900;

export function useDraft<T>(value: T, commit: (value: T) => void) {
  const [draft, setDraft] = useState<{ typed: T } | null>(null);
  const latest = useRef({ draft, commit, value });
  latest.current = { draft, commit, value };

  const flush = () => {
    const { draft, commit, value } = latest.current;
    latest.current.draft = null;
    setDraft(null);
    if (draft && draft.typed !== value) commit(draft.typed);
  };
  useEffect(() => {
    if (!draft) return;
    const timer = window.setTimeout(flush, PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [draft]);
  useEffect(() => flush, []); // what was typed before the field goes away is kept too

  return {
    value: draft ? draft.typed : value,
    onChange: (typed: T) => setDraft({ typed }),
    onBlur: flush,
  };
}
