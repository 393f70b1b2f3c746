// From the form to what is sent. Pure. The same body goes to /v1/quote and to the route that makes the clip; only the
// pictures stay at home for a quote, because their size is all that matters there.
import type { Card, CreateVideo } from '../api/types';
import { toCamera } from '../camera/value';
import { MAX_PROMPT, type FormValues, type GivenImage, type RemixOf } from './form';
import { fitted, nearest, sizeOf } from './shapes';

const FPS = 16;
const GROUP = 8; // a clip is its first picture and then whole groups

export type Body = Record<string, unknown> & Pick<CreateVideo, 'prompt'>;

/** What keeps the button from working: a place in the form, and the key of its words. */
export type Missing =
  | { field: 'prompt'; why: 'needPrompt' | 'tooLong' }
  | { field: 'image' | 'lastImage' | 'extend'; why: 'needImage' | 'needFirst' | 'needLast' | 'needClip' }
  | { field: 'mode'; why: 'notThisModel' };

const NEEDS = { text: 'text', image: 'image', frames: 'last_image', extend: 'extend', still: 'still' } as const;

export function canMake(card: Card | undefined, mode: FormValues['mode']): boolean {
  return !card || card.modes.includes(NEEDS[mode]);
}

export function missing(form: FormValues, card: Card | undefined): Missing | null {
  if (!canMake(card, form.mode)) return { field: 'mode', why: 'notThisModel' };
  if (form.mode === 'image' && !form.image) return { field: 'image', why: 'needImage' };
  if (form.mode === 'frames' && !form.image) return { field: 'image', why: 'needFirst' };
  if (form.mode === 'frames' && !form.lastImage) return { field: 'lastImage', why: 'needLast' };
  if (form.mode === 'extend' && !form.extend) return { field: 'extend', why: 'needClip' };
  if (!form.prompt.trim()) return { field: 'prompt', why: 'needPrompt' };
  if (form.prompt.length > MAX_PROMPT) return { field: 'prompt', why: 'tooLong' };
  return null;
}

/** The size that given pictures decide; empty when the aspect is free. */
export function givenSize(form: FormValues, card: Card | undefined): string {
  if (!card) return '';
  const shown = form.mode === 'extend' ? form.extend : usesImages(form) ? (form.image ?? form.lastImage) : null;
  if (!shown?.width || !shown.height) return '';
  return nearest(card.sizes, { width: shown.width, height: shown.height });
}

/** The given pictures that are cut or padded. */
export function otherShapes(form: FormValues, card: Card | undefined): ('image' | 'lastImage')[] {
  const size = givenSize(form, card);
  if (!size || !usesImages(form)) return [];
  const names = form.mode === 'frames' ? (['image', 'lastImage'] as const) : (['image'] as const);
  return names.filter((name) => {
    const given = form[name];
    return given?.width && given.height
      ? fitted({ width: given.width, height: given.height }, sizeOf(size), form.fit) !== null
      : false;
  });
}

export function usesImages({ mode }: Pick<FormValues, 'mode'>): boolean {
  return mode === 'image' || mode === 'frames';
}

/** Pictures that the engine makes in this many seconds. */
export function framesOf(seconds: number, extending: boolean): number {
  const groups = Math.max(1, Math.ceil((seconds * FPS) / GROUP - 1e-9));
  return groups * GROUP + (extending ? 0 : 1);
}

/** Everything but the pictures and the clip to go on with. */
export function plainBody(form: FormValues, card: Card | undefined): Body {
  const extending = form.mode === 'extend';
  const size = givenSize(form, card);
  const camera = form.mode === 'still' ? null : toCamera(form.camera, framesOf(form.seconds, extending));
  return {
    prompt: form.prompt,
    ...(form.negative.trim() && { negative_prompt: form.negative }),
    ...(form.model && { model: form.model }),
    seconds: form.mode === 'still' ? 0 : Math.min(form.seconds, card?.max_seconds ?? form.seconds),
    ...(size ? { size } : { aspect: form.aspect }),
    ...(form.seedLocked && form.seed !== null && { seed: form.seed }),
    ...(form.steps !== null && { steps: form.steps }),
    ...(form.guidance !== null && { guidance: form.guidance }),
    ...(camera !== null && { camera }),
    ...(form.n > 1 && { n: form.n }),
    ...(form.draft && { draft: true }),
    ...(form.projectId && { project: form.projectId }),
  };
}

/** All of it. A clip that is only a file goes beside it, in a form (see `send.ts`). */
export function fullBody(form: FormValues, card: Card | undefined): Body {
  const body = plainBody(form, card);
  if (usesImages(form) && form.image) body.input_reference = reference(form.image);
  if (form.mode === 'frames' && form.lastImage) body.last_image = reference(form.lastImage);
  if (form.mode === 'extend' && form.extend?.clipId) body.video = { id: form.extend.clipId };
  if (usesImages(form) && otherShapes(form, card).length) body.fit = form.fit;
  return body;
}

export function reference(image: GivenImage): unknown {
  if (!('clipId' in image)) return { image_url: image.url };
  const frame = typeof image.at === 'number' ? String(Math.round(image.at * FPS)) : image.at;
  return { clip_id: image.clipId, frame };
}

/** Where it goes: a new clip, an extension, or another take of one that is there, which keeps its lineage. */
export function route(form: FormValues): string {
  const again = form.remixOf;
  if (again && form.mode !== 'extend') return `/v1/videos/${again.videoId}/${relation(form, again)}`;
  return form.mode === 'extend' ? '/v1/videos/extensions' : '/v1/videos';
}

/** Other words make a remix, the same words with other numbers a rerun. */
export function relation(form: FormValues, again: RemixOf): 'remix' | 'rerun' {
  return form.prompt.trim() === again.prompt.trim() ? 'rerun' : 'remix';
}
