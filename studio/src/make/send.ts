// Sends the order. Several may be on their way at once: the button is free again after a moment.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ApiError, call, post } from '../api/client';
import { keepVideo } from '../api/hooks';
import type { Card, Video } from '../api/types';
import { useScreen } from '../stage/screen';
import { fullBody, route } from './ask';
import { sentClip } from './files';
import type { FormValues } from './form';

export const TOO_HIGH = 'price_too_high';
const SENDING_MS = 150; // long enough to be seen, short enough to be no wait

export function useSend() {
  const cache = useQueryClient();
  const [sending, setSending] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);

  /** The video that was ordered; null when the order was refused. `most`: the credits that were shown; null where none
   * count.
   */
  const send = async (form: FormValues, card: Card | undefined, most: number | null): Promise<Video | null> => {
    setSending(true);
    setError(null);
    window.setTimeout(() => setSending(false), SENDING_MS);
    try {
      const video = await order(form, card, most);
      useScreen.getState().choose(null);
      keepVideo(cache, video);
      const others = (video.takes ?? []).filter((id) => id !== video.id);
      const more = await Promise.all(others.map((id) => fetchVideo(id)));
      for (const take of more) keepVideo(cache, take);
      void cache.invalidateQueries({ queryKey: ['credits'] });
      return video;
    } catch (reason) {
      const failed = reason instanceof ApiError ? reason : new ApiError(0, 'failed', String(reason));
      if (failed.rule) useScreen.getState().refuse({ error: failed, prompt: form.prompt });
      if (failed.code === TOO_HIGH) await cache.refetchQueries({ queryKey: ['quote'], type: 'active' });
      setError(failed);
      return null;
    }
  };
  return { send, sending, error, forget: () => setError(null) };
}

function order(form: FormValues, card: Card | undefined, most: number | null): Promise<Video> {
  const headers = { 'idempotency-key': once() };
  const body = fullBody(form, card, most);
  const file = form.mode === 'extend' && !form.extend?.clipId ? sentClip() : null;
  if (!file) return post<Video>(route(form), body, { headers });
  const data = new FormData();
  for (const [name, value] of Object.entries(body)) {
    data.append(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  data.append('video', file);
  return post<Video>(route(form), data, { headers });
}

function fetchVideo(id: string): Promise<Video> {
  return call(api.GET('/v1/videos/{video_id}', { params: { path: { video_id: id } } }));
}

/** A key that nobody else sends, so that an order sent twice is made once. */
function once(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
