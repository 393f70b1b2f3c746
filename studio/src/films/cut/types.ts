// What the server sends of a film, as far as its cut needs it (docs/films-api.md). Times are fractions as strings.

export interface Media {
  url: string;
  seconds: string;
  width: number;
  height: number;
  rate: string; // "0": a still, or sound alone
  sound: boolean;
  begin: string; // where in the file the take begins
  proxy_url?: string | null; // a smaller copy for players, of the same times
}

export interface Take {
  id: string;
  of: string;
  kind: 'still' | 'clip' | 'voice' | 'music';
  number: number;
  state: 'made' | 'running' | 'failed';
  engine: string;
  seam: number | null;
  own: boolean;
  clip_id?: string | null;
  progress: number;
  media: Media | null;
  thumbnail_url?: string | null;
}

export interface State {
  of: string;
  kind: string;
  label: string;
  state: 'missing' | 'current' | 'stale' | 'blocked' | 'running' | 'failed';
  why: string;
}

export interface CutItem {
  id: string;
  shot?: string;
  take?: string;
  file?: string;
  source_in?: string | null;
  seconds?: string | null;
  speed?: string;
  gap?: string;
  dissolve?: string | null;
  gain?: number;
  [name: string]: unknown; // fields that this page does not know are kept
}

export interface Cut {
  items: CutItem[];
  left_out: string[];
}

export interface Cue {
  kind?: 'music' | 'sound';
  file?: string;
  mood?: string;
  bpm?: number | null;
  seed?: number;
  start?: string;
  end?: string | null;
  gain?: number;
  duck?: boolean;
  fade_in?: string;
  fade_out?: string;
}

export interface Shot {
  action?: string;
  lines?: { id: string; kind?: string; text: string; speaker?: string; spoken_by?: string }[];
  transition?: 'cut' | 'dissolve';
  still?: string;
  take?: string;
  note?: string;
  seed?: number | null;
}

export interface FilmDocument {
  title?: string;
  language?: string;
  rate?: string;
  width?: number;
  height?: number;
  dissolve?: string;
  source?: { text?: string };
  scene_order?: string[];
  scenes?: Record<string, { heading?: string; shots?: string[] }>;
  shots?: Record<string, Shot>;
  cues?: Record<string, Cue>;
  cut?: Partial<Cut>;
  captions?: { show?: 'burned' | 'file' | 'none'; style?: 'outline' | 'box' | 'plain'; size?: number };
  gates?: Record<string, { by: string; at: number } | undefined>;
}

export interface FilmView {
  id: string;
  version: number;
  title: string;
  document: FilmDocument;
  takes: Take[];
  states: State[];
  gates: Record<string, 'closed' | 'passed' | 'open again'>;
  seconds: string;
  warnings: string[];
  can_undo: boolean;
  can_redo: boolean;
  renders: Render[];
  trashed_at: number | null;
}

export interface Render {
  id: string;
  version: number;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  progress: number;
  animatic: boolean;
  url: string | null;
  captions_url: string | null;
  seconds: string | null;
  loudness: number | null;
  notes: string[];
  error: string | null;
  created_at: number;
}

export interface PieceView {
  id: string;
  shot: string;
  name: string;
  text: string;
  take: string;
  is_still: boolean;
  start: string;
  seconds: string;
  source_in: string;
  speed: string;
  dissolve: string;
  gain: number;
  muted: boolean;
  media: Media | null;
  thumbnail_url: string | null;
}

export interface Sounding {
  id: string;
  name: string;
  of: string;
  start: string;
  seconds: string;
  source_in: string;
  gain: number;
  duck: boolean;
  fade_in: string;
  fade_out: string;
  media: Media;
}

export interface Caption {
  start: string;
  end: string;
  text: string;
  kind: string;
  speaker: string;
}

export interface Overlay {
  id: string;
  start: string;
  end: string;
  url: string;
}

export interface TimelineView {
  version: number;
  fps: string;
  width: number;
  height: number;
  seconds: string;
  pieces: PieceView[];
  voices: Sounding[];
  music: Sounding[];
  spoken: { line: string; text: string; kind: string; speaker: string; start: string; seconds: string }[];
  markers: { at: string; name: string }[];
  captions: Caption[];
  overlays: Overlay[];
  warnings: string[];
}

export interface Difference {
  id: string;
  item: string;
  what: string;
  was: Record<string, string>;
  now: Record<string, string>;
  text: string;
}
