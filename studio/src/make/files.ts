// Files that are dropped, pasted or chosen: pictures become data the form can keep, clips are looked at. A picture larger
// than any model draws is made smaller here, so that the form fits into the browser's store and the network.
import { post } from '../api/client';
import type { Recipe } from '../api/types';
import type { GivenClip, GivenImage } from './form';

const LARGEST_SIDE = 1024;
const LARGEST_BYTES = 1_000_000;

export type Kind = 'picture' | 'clip' | 'other';

export function kindOf(file: File): Kind {
  if (file.type.startsWith('image/') || /\.(png|jpe?g|webp|gif|bmp)$/i.test(file.name)) return 'picture';
  if (file.type.startsWith('video/') || /\.(mp4|m4v|mov)$/i.test(file.name)) return 'clip';
  return 'other';
}

/** Throws when it is no picture that this browser can read. */
export async function readPicture(file: File): Promise<GivenImage> {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const scale = Math.min(1, LARGEST_SIDE / Math.max(width, height));
  if (scale === 1 && file.size <= LARGEST_BYTES) return { url: await dataUrl(file), name: file.name, width, height };
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('no canvas');
  pen.imageSmoothingQuality = 'high';
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return { url: canvas.toDataURL('image/jpeg', 0.93), name: file.name, width: canvas.width, height: canvas.height };
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.readAsDataURL(file);
  });
}

/** The recipe inside a file that Vitascope made. Throws an ApiError when there is none. */
export async function readRecipe(file: File): Promise<Recipe> {
  const form = new FormData();
  form.append('file', file);
  return (await post<{ recipe: Recipe }>('/v1/recipe', form)).recipe;
}

/** A clip that is sent along with the order, because it is in no library yet. Only this page holds it. */
let sent: File | null = null;

export function sentClip(): File | null {
  return sent;
}

/** Throws when it is no clip that this browser can play. */
export async function readClip(file: File): Promise<GivenClip> {
  const url = URL.createObjectURL(file);
  try {
    const video = document.createElement('video');
    video.muted = true;
    video.preload = 'auto';
    video.src = url;
    await happens(video, 'loadeddata');
    const { duration: seconds, videoWidth: width, videoHeight: height } = video;
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d')?.drawImage(video, 0, 0);
    sent = file;
    return {
      clipId: null,
      videoId: null,
      seconds,
      width,
      height,
      thumbnail: canvas.toDataURL('image/jpeg', 0.8),
      name: file.name,
    };
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Throws when it is no clip that this browser can play. */
export async function readLastFrame(file: File): Promise<GivenImage> {
  const url = URL.createObjectURL(file);
  try {
    const video = document.createElement('video');
    video.muted = true;
    video.preload = 'auto';
    video.src = url;
    await happens(video, 'loadeddata');
    const there = happens(video, 'seeked');
    video.currentTime = Math.max(0, video.duration - 0.001);
    await there;
    const { videoWidth: width, videoHeight: height } = video;
    const scale = Math.min(1, LARGEST_SIDE / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return { url: canvas.toDataURL('image/png'), name: file.name, width: canvas.width, height: canvas.height };
  } finally {
    URL.revokeObjectURL(url);
  }
}

function happens(video: HTMLVideoElement, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    video.addEventListener(name, () => resolve(), { once: true });
    video.addEventListener('error', () => reject(new Error('unreadable')), { once: true });
  });
}
