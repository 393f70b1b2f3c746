// To what a film can be handed off, and what each keeps of picture, voice, music and captions
// (vitascope/film/handoff). `mp4` is rendered; the others are exported.

export interface Format {
  name: 'mp4' | 'fcpxml' | 'otio' | 'kdenlive' | 'jianying' | 'edl' | 'captions' | 'lists' | 'zip';
  files: readonly string[]; // `format` of the export
  keeps: readonly [picture: boolean, voice: boolean, music: boolean, captions: boolean];
}

export const FORMATS: readonly Format[] = [
  { name: 'mp4', files: [], keeps: [true, true, true, true] },
  { name: 'fcpxml', files: ['fcpxml'], keeps: [true, true, true, true] },
  { name: 'otio', files: ['otio'], keeps: [true, true, true, false] },
  { name: 'kdenlive', files: ['kdenlive', 'mlt'], keeps: [true, true, true, false] },
  { name: 'jianying', files: ['jianying'], keeps: [true, true, true, true] },
  { name: 'edl', files: ['edl'], keeps: [true, false, false, false] },
  { name: 'captions', files: ['srt', 'vtt'], keeps: [false, false, false, true] },
  { name: 'lists', files: ['html', 'csv'], keeps: [false, false, false, false] },
  { name: 'zip', files: ['zip'], keeps: [true, true, true, true] },
];
