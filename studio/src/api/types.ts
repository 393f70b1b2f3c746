// Short names for what the server sends.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Video = Schemas['Video'];
export type Clip = Schemas['ClipView'];
export type Card = Schemas['Model'];
export type Account = Schemas['AccountView'];
export type Door = Schemas['Door'];
export type Credits = Schemas['CreditsView'];
export type Project = Schemas['ProjectView'];
export type Quote = Schemas['QuoteView'];
export type Reading = Schemas['ReadingView'];
export type ThingRead = Schemas['ThingRead'];
export type Lineage = Schemas['LineageView'];
export type Key = Schemas['KeyView'];
export type CreateVideo = Schemas['CreateVideo'];

/** The recipe inside a file: `ClipSpec.to_dict` and what made it. */
export interface Recipe {
  format: number;
  vitascope: string;
  model: { name: string; weights: string };
  spec: {
    prompt: string;
    negative_prompt: string;
    image: GivenPicture | null;
    last_image: GivenPicture | null;
    extend: { sha256: string; frames: number; width: number; height: number; recipe: Recipe | null } | null;
    camera: { words: string } | { points: number[][] } | null;
    seconds: number;
    aspect: string;
    size: [number, number] | null;
    seed: number | null;
    steps: number | null;
    guidance: number | null;
    sound?: boolean | null;
    preset?: string;
    loras?: { name: string; weight: number }[];
    references?: { name: string; kind: 'image' | 'video' | 'audio'; sha256: string; small?: string }[];
    options?: Record<string, boolean | number | string>;
    model: string;
  };
}

export interface GivenPicture {
  png?: string; // base64; absent where the recipe holds hashes and a small copy
  width: number;
  height: number;
}

export interface Page<T> {
  object: string;
  data: T[];
  first_id?: string | null;
  last_id?: string | null;
  has_more: boolean;
}
