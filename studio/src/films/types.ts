// What the server sends of films. The document is one JSON object there; here its parts have names. Fields that are as
// they would be anyway are left out of it, so nearly all may be missing.
import type { components } from '../api/schema';

type Schemas = components['schemas'];

export type Take = Schemas['TakeView'];
export type State = Schemas['StateView'];
export type StateName = State['state'];
export type FilmLine = Schemas['FilmLine'];
export type FilmQuote = Schemas['FilmQuote'];
export type Voice = Schemas['VoiceView'];
export type FilmView = Omit<Schemas['FilmView'], 'document'> & { document: FilmDocument };
export type GateName = 'breakdown' | 'stills' | 'cut';
export const GATES: readonly GateName[] = ['breakdown', 'stills', 'cut'];

/** A JSON merge patch (RFC 7396): null takes a field away. */
export type Patch = { [name: string]: unknown };

export interface Line {
  id: string;
  kind?: 'dialogue' | 'voice_over' | 'title' | 'sound';
  speaker?: string;
  text: string;
  manner?: string;
  span?: [number, number] | null; // characters of the source
  spoken_by?: 'voice' | 'take' | 'nobody';
}

export interface Shot {
  action?: string;
  framing?: string;
  angle?: string;
  camera?: string;
  cast?: string[];
  seconds?: string | null; // a fraction, such as "5/2"; none: it follows from action and lines
  lines?: Line[];
  prompt?: string;
  start?: 'new' | 'still' | 'continue';
  transition?: 'cut' | 'dissolve';
  model?: string;
  seed?: number | null;
  note?: string;
  locked?: boolean;
  still?: string;
  take?: string;
  number?: string;
}

export interface Scene {
  heading?: string;
  place?: string;
  time?: string;
  number?: string;
  shots?: string[];
}

export interface Member {
  kind?: 'character' | 'place' | 'prop';
  name: string;
  aliases?: string[];
  looks?: string;
  references?: string[];
  voice?: { engine?: string; name?: string; speed?: number };
}

export interface CutItem {
  id: string;
  shot?: string;
  [name: string]: unknown;
}

export interface FilmDocument {
  title?: string;
  language?: string;
  width?: number;
  height?: number;
  style?: string;
  model?: string;
  still_model?: string;
  budget?: number | null;
  source?: { text?: string; form?: string };
  cast?: Record<string, Member>;
  scene_order?: string[];
  scenes?: Record<string, Scene>;
  shots?: Record<string, Shot>;
  cut?: { items?: CutItem[]; left_out?: string[] };
  gates?: Partial<Record<GateName, { by: string; at: number; digest: string }>>;
}
