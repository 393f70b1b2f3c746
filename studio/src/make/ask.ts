// From the form to what is sent. Pure. The same body goes to /v1/quote and to the route that makes the clip; only the
// pictures stay at home for a quote, because their size is all that matters there.
import type { Card, CreateVideo } from '../api/types';
import { toCamera } from '../camera/value';
import { MAX_PROMPT, type FormValues, type GivenImage, type GivenReference, type RemixOf } from './form';
import { framesOf, lengthOf, longest, nearestSize, optionsOf, rateOf, sizesOf } from './format';
import { aspects, fitted, nearestAspect, sizeOf, sizeOfAspect } from './shapes';

export type Body = Record<string, unknown> & Pick<CreateVideo, 'prompt'>;

/** What keeps the button from working: a place in the form, and the key of its words. */
export type Missing =
  | { field: 'prompt'; why: 'needPrompt' | 'tooLong' }
  | { field: 'image' | 'lastImage' | 'extend'; why: 'needImage' | 'needFirst' | 'needLast' | 'needClip' }
  | { field: 'extend'; why: 'fullLength' }
  | { field: 'mode'; why: 'notThisModel' };

const NEEDS = { text: 'text', image: 'image', frames: 'last_image', extend: 'extend', still: 'still' } as const;

export function canMake(card: Card | undefined, mode: FormValues['mode']): boolean {
  return !card || (card.modes.includes(NEEDS[mode]) && (mode === 'still' || longest(card.format) > 0));
}

export function missing(form: FormValues, card: Card | undefined): Missing | null {
  if (!canMake(card, form.mode)) return { field: 'mode', why: 'notThisModel' };
  if (form.mode === 'image' && !form.image) return { field: 'image', why: 'needImage' };
  if (form.mode === 'frames' && !form.image) return { field: 'image', why: 'needFirst' };
  if (form.mode === 'frames' && !form.lastImage) return { field: 'lastImage', why: 'needLast' };
  if (form.mode === 'extend' && !form.extend) return { field: 'extend', why: 'needClip' };
  if (card && form.mode === 'extend' && longest(card.format, before(form)) <= 0)
    return { field: 'extend', why: 'fullLength' };
  if (!form.prompt.trim()) return { field: 'prompt', why: 'needPrompt' };
  if (form.prompt.length > MAX_PROMPT) return { field: 'prompt', why: 'tooLong' };
  return null;
}

/** The size that given pictures decide; empty when the aspect is free. */
export function givenSize(form: FormValues, card: Card | undefined): string {
  if (!card) return '';
  const shown = form.mode === 'extend' ? form.extend : usesImages(form) ? (form.image ?? form.lastImage) : null;
  if (!shown?.width || !shown.height) return '';
  return nearestSize(card, { width: shown.width, height: shown.height });
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

/** As many pictures as the model takes; the rest stay in the form. */
export function referencesFor(form: Pick<FormValues, 'references' | 'mode'>, card: Card | undefined): GivenReference[] {
  if (!card?.modes.includes('references')) return [];
  const left: Record<string, number> = { ...card.references };
  return form.references.filter(({ kind }) => (left[kind] = (left[kind] ?? 0) - 1) >= 0);
}

/** A name that the prompt can use: letters, digits, - and _, unlike the others. */
export function referenceName(wanted: string, others: readonly string[]): string {
  const bare = wanted.replace(/\.[a-z0-9]{1,5}$/i, '').replace(/[^\p{L}\p{N}_-]+/gu, '-');
  const name = bare.replace(/^-+|-+$/g, '').slice(0, 32) || 'ref';
  let free = name;
  for (let number = 2; others.includes(free); number += 1) free = `${name}-${number}`;
  return free;
}

export function usesImages({ mode }: Pick<FormValues, 'mode'>): boolean {
  return mode === 'image' || mode === 'frames';
}

/** Seconds of the clip that is gone on with. */
export function before({ mode, extend }: Pick<FormValues, 'mode' | 'extend'>): number {
  return mode === 'extend' ? (extend?.seconds ?? 0) : 0;
}

/** The seconds that are asked for: the chosen ones, or the nearest that this model makes. */
export function secondsOf(form: FormValues, card: Card | undefined): number {
  if (form.mode === 'still') return 0;
  return card ? lengthOf(card.format, form.seconds, before(form)) : form.seconds;
}

/** The chosen aspect, or the nearest that this model makes. */
export function aspectFor(form: Pick<FormValues, 'aspect' | 'tier'>, card: Card | undefined): string {
  return card ? nearestAspect(aspects(sizesOf(card, form.tier)), form.aspect) : form.aspect;
}

/** Only what the model has is sent: what was chosen with another one stays in the form. */
function ofModel(form: FormValues, card: Card | undefined): Record<string, unknown> {
  if (!card) return {};
  const loras = Object.entries(form.loras).filter(([name]) => card.loras.includes(name));
  const options = optionsOf(card, form.options);
  const camera =
    form.mode !== 'still' && card.modes.includes('camera')
      ? toCamera(form.camera, framesOf(card.format, secondsOf(form, card), form.mode === 'extend'), rateOf(card.format))
      : null;
  return {
    ...(form.steps !== null && card.format.steps > 0 && { steps: Math.min(form.steps, card.format.max_steps) }),
    ...(form.guidance !== null && card.guidance !== null && { guidance: form.guidance }),
    ...(camera !== null && { camera }),
    ...(form.draft && card.format.steps > 0 && { draft: true }),
    ...(form.withSound !== null && form.mode !== 'still' && card.sound === 'optional' && { sound: form.withSound }),
    ...(card.presets.includes(form.preset) && { preset: form.preset }),
    ...(loras.length > 0 && { loras: loras.map(([name, weight]) => ({ name, weight })) }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

function shapeOf(form: FormValues, card: Card | undefined): Record<string, string> {
  const aspect = aspectFor(form, card);
  const size = givenSize(form, card);
  if (size) return { size };
  const other = card?.format.tiers.slice(1).find((tier) => tier.name === form.tier);
  return other ? { size: sizeOfAspect(other.sizes, aspect) } : { aspect };
}

/** Everything but the pictures and the clip to go on with. */
export function plainBody(form: FormValues, card: Card | undefined): Body {
  return {
    prompt: form.prompt,
    ...(form.negative.trim() && { negative_prompt: form.negative }),
    ...(form.model && { model: form.model }),
    seconds: secondsOf(form, card),
    ...shapeOf(form, card),
    ...(form.seedLocked && form.seed !== null && { seed: form.seed }),
    ...ofModel(form, card),
    ...(form.n > 1 && { n: form.n }),
    ...(form.projectId && { project: form.projectId }),
  };
}

/** All of it. A clip that is only a file goes beside it, in a form (see `send.ts`). `most`: the price that was shown;
 * the order may not cost more.
 */
export function fullBody(form: FormValues, card: Card | undefined, most: number | null = null): Body {
  const body = plainBody(form, card);
  if (most !== null) body.max_credits = most;
  if (usesImages(form) && form.image) body.input_reference = reference(form.image);
  if (form.mode === 'frames' && form.lastImage) body.last_image = reference(form.lastImage);
  if (form.mode === 'extend' && form.extend?.clipId) body.video = { id: form.extend.clipId };
  if (usesImages(form) && otherShapes(form, card).length) body.fit = form.fit;
  const references = referencesFor(form, card);
  if (references.length)
    body.references = references.map(({ name, kind, image, sha256 }) => ({
      name,
      kind,
      ...(image ? (reference(image) as object) : { id: sha256 }),
    }));
  return body;
}

export function reference(image: GivenImage): unknown {
  if (!('clipId' in image)) return { image_url: image.url };
  const frame = typeof image.at === 'number' ? String(Math.round(image.at * image.fps)) : image.at;
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
