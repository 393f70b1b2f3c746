// Voices and music on one AudioContext. Its clock is the master of the preview: what is heard is placed on it exactly,
// and the pictures follow.
import { local } from '../../library/files';
import { type Interval, level, type Shape } from './envelope';

export interface Sound extends Shape {
  url: string;
  sourceIn: number;
}

const CURVE_S = 0.02; // the envelope is drawn so finely
const AHEAD_S = 0.06; // sounds are placed so far ahead, to begin together
const WAKE_MS = 400;

let shared: AudioContext | null = null;
const buffers = new Map<string, Promise<AudioBuffer | null>>();

export function context(): AudioContext | null {
  try {
    shared ??= new AudioContext();
  } catch {
    return null; // no sound card: the picture plays by the machine's clock
  }
  return shared;
}

const nameOf = (url: string) => new URL(url, location.href).pathname;

/** The sound of a file, decoded once; null when it has none that can be read. */
export function decoded(url: string): Promise<AudioBuffer | null> {
  const name = nameOf(url);
  const known = buffers.get(name);
  if (known) return known;
  const made = fetch(local(url) ?? url, { credentials: 'same-origin' })
    .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(String(answer.status)))))
    .then((bytes) => context()?.decodeAudioData(bytes) ?? null)
    .catch(() => {
      buffers.delete(name); // its link may have expired: the next one is tried
      return null;
    });
  buffers.set(name, made);
  return made;
}

export class Mixer {
  private playing: AudioBufferSourceNode[] = [];
  private out: GainNode | null = null;
  private run = 0;

  /** Whether the audio clock runs; a browser starts it only after somebody has touched the page. */
  async wake(): Promise<boolean> {
    const audio = context();
    if (!audio) return false;
    if (audio.state !== 'running') {
      const waited = new Promise((resolve) => window.setTimeout(resolve, WAKE_MS));
      await Promise.race([audio.resume().catch(() => undefined), waited]);
    }
    return audio.state === 'running';
  }

  /** What is heard now was given to the device a little earlier. */
  get time(): number {
    const audio = context();
    return audio ? audio.currentTime - (audio.outputLatency || 0) : 0;
  }

  /** Place all sounds so that film time `from` is heard at clock time `at`, as they are decoded. */
  start(sounds: readonly Sound[], speech: readonly Interval[], from: number, at: number, loud: boolean): void {
    this.stop();
    const audio = context();
    if (!audio) return;
    const run = ++this.run;
    this.out = audio.createGain();
    this.out.gain.value = loud ? 1 : 0;
    this.out.connect(audio.destination);
    for (const sound of sounds) {
      if (sound.end <= from) continue;
      void decoded(sound.url).then((buffer) => {
        if (buffer && run === this.run && this.out) this.place(audio, this.out, buffer, sound, speech, from, at);
      });
    }
  }

  private place(
    audio: AudioContext,
    out: GainNode,
    buffer: AudioBuffer,
    sound: Sound,
    speech: readonly Interval[],
    from: number,
    at: number,
  ) {
    const now = from + audio.currentTime + AHEAD_S - at; // film time that can still be placed
    const begin = Math.max(sound.start, now);
    const lasts = sound.end - begin;
    if (lasts <= CURVE_S) return;
    const when = at + begin - from;
    const source = audio.createBufferSource();
    const gain = audio.createGain();
    source.buffer = buffer;
    const curve = new Float32Array(Math.max(2, Math.ceil(lasts / CURVE_S)));
    for (let n = 0; n < curve.length; n += 1) {
      curve[n] = level(sound, speech, begin + (lasts * n) / (curve.length - 1));
    }
    gain.gain.setValueCurveAtTime(curve, when, lasts);
    source.connect(gain).connect(out);
    source.start(when, sound.sourceIn + begin - sound.start, lasts);
    this.playing.push(source);
  }

  set loud(on: boolean) {
    if (this.out) this.out.gain.value = on ? 1 : 0;
  }

  stop(): void {
    this.run += 1;
    for (const source of this.playing) {
      source.stop();
      source.disconnect();
    }
    this.playing = [];
    this.out?.disconnect();
    this.out = null;
  }
}

/** How loud a file is in `count` equal parts of [from, to] seconds, 0 to 1. */
export function peaks(buffer: AudioBuffer, from: number, to: number, count: number): number[] {
  const samples = buffer.getChannelData(0);
  const [first, last] = [from * buffer.sampleRate, Math.min(samples.length, to * buffer.sampleRate)];
  const step = (last - first) / count;
  return Array.from({ length: count }, (_, n) => {
    let high = 0;
    const end = Math.floor(first + (n + 1) * step);
    const stride = Math.max(1, Math.floor(step / 60));
    for (let at = Math.floor(first + n * step); at < end; at += stride)
      high = Math.max(high, Math.abs(samples[at] ?? 0));
    return high;
  });
}
