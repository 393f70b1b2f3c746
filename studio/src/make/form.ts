// What is asked for: the whole state of the composer. It is kept for each account in this browser, so that a reload
// loses nothing. Remix, Extend, Use last frame and Restore fill it with `fill` and go to Make.
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { Fit } from './shapes';
import { checked, NO_CAMERA, type CameraValue } from '../camera/value';
import type { OptionValue } from './format';

export type Mode = 'text' | 'image' | 'frames' | 'extend' | 'still';
export const MODES: readonly Mode[] = ['text', 'image', 'frames', 'extend', 'still'];

/** A picture that was dropped or chosen (its `url` holds it), or a moment of a clip in the library. */
export type GivenImage =
  | { url: string; name: string; width: number; height: number }
  | {
      clipId: string;
      at: 'first' | 'last' | number;
      url: string;
      fps: number;
      width?: number;
      height?: number;
      name?: string;
    };

/** Who or what is in the clip; the prompt calls it @name. `sha256`: a file that the server has already. */
export interface GivenReference {
  name: string;
  kind: 'image' | 'video' | 'audio';
  url: string; // its picture, for the eye
  image?: GivenImage;
  sha256?: string;
}

/** The clip to go on with: one of the library, or a file that only this page holds. */
export interface GivenClip {
  clipId: string | null;
  videoId: string | null;
  seconds: number;
  width: number;
  height: number;
  thumbnail: string | null;
  name?: string;
}

/** What is made anew: then it is sent as a remix (other words) or a rerun (other numbers), and keeps its lineage. */
export interface RemixOf {
  videoId: string;
  clipId: string;
  prompt: string;
}

export interface FormValues {
  mode: Mode;
  prompt: string;
  negative: string;
  camera: CameraValue;
  image: GivenImage | null;
  still: string | null; // the video that is made to be this picture
  lastImage: GivenImage | null;
  extend: GivenClip | null;
  references: GivenReference[];
  fit: Fit; // of given pictures of another shape
  aspect: string;
  tier: string; // empty: the model's first
  seconds: number;
  seed: number | null;
  seedLocked: boolean;
  steps: number | null; // null: what the model's card says
  guidance: number | null; // the same
  withSound: boolean | null; // the same
  preset: string;
  loras: Record<string, number>; // weights by name
  options: Record<string, OptionValue>; // the model's own
  n: number;
  draft: boolean;
  model: string; // empty: the server's default
  projectId: string | null;
  remixOf: RemixOf | null;
  advanced: boolean;
}

interface Form extends FormValues {
  /** Set these; what is not named stays. A clip to go on with, or pictures, choose the mode that shows them. */
  fill: (values: Partial<FormValues>) => void;
  /** Everything as at first; the view (simple or advanced) stays. */
  clear: () => void;
}

export const MAX_PROMPT = 2_000;
export const MAX_SEED = 2 ** 32 - 1;
const KEPT = 'vitascope.form';

export const EMPTY: FormValues = {
  mode: 'text',
  prompt: '',
  negative: '',
  camera: NO_CAMERA,
  image: null,
  still: null,
  lastImage: null,
  extend: null,
  references: [],
  fit: 'crop',
  aspect: '16:9',
  tier: '',
  seconds: 5,
  seed: null,
  seedLocked: false,
  steps: null,
  guidance: null,
  withSound: null,
  preset: '',
  loras: {},
  options: {},
  n: 1,
  draft: false,
  model: '',
  projectId: null,
  remixOf: null,
  advanced: false,
};

export const useForm = create<Form>()(
  persist(
    (set) => ({
      ...EMPTY,
      fill: (values) => set({ ...values, ...(values.mode ? {} : modeOf(values)) }),
      clear: () => set(({ advanced }) => ({ ...EMPTY, advanced })),
    }),
    {
      name: KEPT,
      version: 1,
      skipHydration: true, // until it is known whose form it is
      partialize: ({ fill: _fill, clear: _clear, ...values }) => ({ ...values, extend: kept(values.extend) }),
      merge: (stored, now) => ({ ...now, ...sound(stored) }),
    },
  ),
);

/** Show this account's form. Called when it is known who is signed in. */
export function openForm(accountId: string) {
  const name = `${KEPT}.${accountId}`;
  if (useForm.persist.getOptions().name === name) return;
  useForm.persist.setOptions({ name });
  void useForm.persist.rehydrate();
}

/** What was filled in says which mode is meant. */
function modeOf(values: Partial<FormValues>): { mode?: Mode } {
  if (values.extend) return { mode: 'extend' };
  if (values.lastImage) return { mode: 'frames' };
  if (values.image) return { mode: 'image' };
  return {};
}

/** A file that was dropped is gone after a reload. */
function kept(clip: GivenClip | null): GivenClip | null {
  return clip?.clipId ? clip : null;
}

/** A moment that an older studio kept without its clip's rate cannot be found again. */
function usable(image: GivenImage | null | undefined): GivenImage | null {
  return image && 'clipId' in image && !image.fps ? null : (image ?? null);
}

/** What was stored, if it can still be used: a newer studio may know other fields. */
function sound(stored: unknown): Partial<FormValues> {
  if (typeof stored !== 'object' || stored === null) return {};
  const known = Object.entries(stored).filter(([name, value]) => {
    const usual = EMPTY[name as keyof FormValues];
    return name in EMPTY && (usual === null || (value !== null && typeof usual === typeof value));
  });
  const values = Object.fromEntries(known) as Partial<FormValues>;
  return {
    ...values,
    camera: checked(values.camera),
    image: usable(values.image),
    lastImage: usable(values.lastImage),
    references: Array.isArray(values.references) ? values.references : [],
    fit: values.fit === 'pad' ? 'pad' : 'crop',
    mode: MODES.includes(values.mode as Mode) ? values.mode : 'text',
  };
}
