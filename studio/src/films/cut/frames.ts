// Pictures out of takes, for the film strips: one hidden video goes through the wishes, the newest first, and rests
// while the preview plays.
import { local } from '../../library/files';
import { usePlay } from './play';

export const TILE = { width: 128, height: 72 };
const STEP_S = 0.25; // frames are shared by times that are so near
const MOST = 600;
const GIVE_UP_MS = 4_000;

const made = new Map<string, HTMLCanvasElement>();
const wishes = new Map<string, { url: string; time: number; told: Set<() => void> }>();
let working = false;
let video: HTMLVideoElement | null = null;

const fileOf = (url: string) => new URL(url, location.href).pathname;
const keyOf = (url: string, time: number) => `${fileOf(url)}@${time}`;
const rounded = (time: number, last: number) => Math.max(0, Math.min(Math.round(time / STEP_S) * STEP_S, last - 0.05));

/** The picture at about this time, if it is here; else `told` is called when it is. */
export function frameOf(url: string, time: number, seconds: number, told: () => void): HTMLCanvasElement | null {
  const at = rounded(time, seconds);
  const key = keyOf(url, at);
  const known = made.get(key);
  if (known) return known;
  const wish = wishes.get(key) ?? { url, time: at, told: new Set() };
  wish.told.add(told);
  wishes.delete(key);
  wishes.set(key, wish);
  if (!working) void work();
  return null;
}

export function forget(told: () => void) {
  for (const [key, wish] of wishes) if (wish.told.delete(told) && !wish.told.size) wishes.delete(key);
}

async function work() {
  working = true;
  for (;;) {
    if (usePlay.getState().rate) {
      await new Promise<void>((resolve) => {
        const stop = usePlay.subscribe(({ rate }) => {
          if (rate) return;
          stop();
          resolve();
        });
      });
    }
    const last = [...wishes].at(-1);
    if (!last) break;
    const [key, wish] = last;
    wishes.delete(key);
    const tile = await drawn(wish.url, wish.time).catch(() => null);
    if (!tile) continue;
    made.set(key, tile);
    if (made.size > MOST) made.delete(made.keys().next().value!);
    for (const tell of wish.told) tell();
  }
  working = false;
}

async function drawn(url: string, time: number): Promise<HTMLCanvasElement | null> {
  video ??= Object.assign(document.createElement('video'), { muted: true, preload: 'auto', playsInline: true });
  const film = video;
  if (film.dataset.file !== fileOf(url)) {
    film.dataset.file = fileOf(url);
    film.src = local(url) ?? '';
    await heard(film, 'loadeddata');
  }
  if (Math.abs(film.currentTime - time) > 0.001) {
    film.currentTime = time;
    await heard(film, 'seeked');
  }
  const canvas = document.createElement('canvas');
  Object.assign(canvas, TILE);
  const [wide, high] = [film.videoWidth, film.videoHeight];
  if (!wide || !high) return null;
  const fit = Math.max(TILE.width / wide, TILE.height / high);
  const [w, h] = [wide * fit, high * fit];
  canvas.getContext('2d')?.drawImage(film, (TILE.width - w) / 2, (TILE.height - h) / 2, w, h);
  return canvas;
}

function heard(film: HTMLVideoElement, name: 'loadeddata' | 'seeked'): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown) => {
      window.clearTimeout(timer);
      film.removeEventListener(name, good);
      film.removeEventListener('error', bad);
      if (error) {
        delete film.dataset.file; // another link may work
        reject(new Error(String(error)));
      } else resolve();
    };
    const good = () => done();
    const bad = () => done('it cannot be played');
    const timer = window.setTimeout(() => done('it took too long'), GIVE_UP_MS);
    film.addEventListener(name, good);
    film.addEventListener('error', bad);
  });
}
