// From a clip, or a job that came to nothing, into the composer's form.

import { address } from '../api/root';
import { fromCamera } from '../camera/value';
import type { Clip, Recipe, Video } from '../api/types';
import { type FormValues, type GivenClip, type GivenImage, useForm } from '../make/form';
import { fromRecipe } from '../make/restore';
import { local } from './files';

const AFRESH: Partial<FormValues> = { image: null, lastImage: null, extend: null, remixOf: null, draft: false, n: 1 };

/** All of the clip's recipe; what is changed then makes a remix or a rerun of it, which keeps its lineage. `source`: the
 * clip that it continues, where there is one.
 */
export function fillFrom(clip: Clip, recipe: Recipe, source: Clip | null): void {
  const { advanced } = useForm.getState();
  useForm.getState().fill({
    ...fromRecipe(recipe),
    advanced,
    seedLocked: true,
    extend: recipe.spec.extend && source ? asGiven(source) : null,
    projectId: clip.project_id,
    remixOf: clip.video_id ? { videoId: clip.video_id, clipId: clip.id, prompt: clip.prompt } : null,
  });
}

export function fillExtend(clip: Clip): void {
  useForm.getState().fill({
    ...AFRESH,
    mode: 'extend',
    prompt: clip.prompt,
    extend: asGiven(clip),
    seed: null,
    seedLocked: false,
    model: clip.model ?? '',
    projectId: clip.project_id,
  });
}

/** The moment of a clip as the first picture of a new one. */
export function fillFrame(clip: Clip, at: 'first' | 'last' | number = 'last'): void {
  useForm.getState().fill({
    ...AFRESH,
    mode: 'image',
    prompt: clip.prompt,
    image: { clipId: clip.id, at, url: frameUrl(clip, at), fps: clip.fps, width: clip.width, height: clip.height },
    seed: null,
    seedLocked: false,
    projectId: clip.project_id,
  });
}

/** What was asked for by a job that failed or was cancelled, its pictures too. */
export async function fillAgain(video: Video): Promise<void> {
  const seconds = Number(video.seconds);
  const [image, lastImage] = await Promise.all([givenTo(video, 'first'), givenTo(video, 'last')]);
  useForm.getState().fill({
    ...AFRESH,
    mode: video.mode,
    prompt: video.prompt,
    negative: video.negative_prompt,
    camera: fromCamera(video.camera),
    image,
    lastImage,
    aspect: video.aspect,
    ...(seconds ? { seconds: Math.round(seconds) } : {}),
    seed: video.seed,
    seedLocked: true,
    steps: video.steps || null,
    guidance: video.guidance,
    model: video.model,
    draft: video.draft,
    projectId: video.project_id,
  });
}

async function givenTo(video: Video, which: 'first' | 'last'): Promise<GivenImage | null> {
  if (!video.given?.includes(which)) return null;
  const answer = await fetch(address(`/v1/videos/${video.id}/given?which=${which}`)).catch(() => null);
  if (!answer?.ok) return null;
  const picture = await answer.blob();
  const [width, height] = video.size.split('x').map(Number);
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.readAsDataURL(picture);
  });
  return { url, name: `${which}.png`, width, height };
}

export const frameUrl = (clip: Pick<Clip, 'id'>, at: 'first' | 'last' | number) =>
  address(`/v1/library/${clip.id}/frame?at=${at}`);

function asGiven(clip: Clip): GivenClip {
  return {
    clipId: clip.id,
    videoId: clip.video_id,
    seconds: clip.seconds,
    width: clip.width,
    height: clip.height,
    thumbnail: local(clip.thumbnail_url) ?? null,
    name: clip.prompt,
  };
}
