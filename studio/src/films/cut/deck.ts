// The preview: two stacked screens that take turns. One shows a piece, the other has the next one ready; in a dissolve
// both are seen. Sound is the clock; a video that drifts from it is paced, and set right when it is 40 ms away.
import { local } from '../../library/files';
import type { Interval } from './envelope';
import { Mixer, type Sound } from './mixer';
import type { Piece } from './timeline';
import { pieceAt } from './timeline';
import { usePlay } from './play';
import { seconds } from '../say';

export const DRIFT_S = 0.04;
const CLOSE_S = 0.008; // nearer than this nothing is done
const PACE = 0.12; // how much faster or slower a video may run to come back
const READY_S = 1.5; // the next take is set before its piece begins

interface Span {
  piece: Piece;
  start: number;
  end: number;
  sourceIn: number;
  speed: number;
  half: number; // of the dissolve into it
  rate: number; // of its frames; 0: it stands still
  seconds: number; // of the file
}

/** One of the two screens. */
class Slot {
  private shown = '';
  private wanted = 0; // where a seek goes that has not arrived
  readonly video: HTMLVideoElement;
  readonly picture: HTMLImageElement;
  readonly slate: HTMLElement;

  constructor(readonly box: HTMLElement) {
    this.video = box.querySelector('video')!;
    this.picture = box.querySelector('img')!;
    this.slate = box.querySelector('[data-slate]')!;
  }

  put(span: Span) {
    const { piece } = span;
    const url = piece.media && (piece.media.proxy_url ?? piece.media.url);
    const file = url ? new URL(url, location.href).pathname : '';
    const key = `${piece.id} ${file}`;
    if (key === this.shown) return;
    this.shown = key;
    this.box.dataset.piece = piece.id;
    const kind = !piece.media ? 'slate' : piece.isStill ? 'still' : 'video';
    this.box.dataset.kind = kind;
    const card = kind === 'slate' ? [piece.label, seconds(piece.seconds.number), piece.text] : [];
    [...this.slate.children].forEach((line, at) => (line.textContent = card[at] ?? ''));
    if (kind === 'still') this.picture.src = local(url) ?? '';
    if (kind !== 'video') {
      this.video.pause();
      return;
    }
    if (this.video.dataset.file !== file) {
      this.video.dataset.file = file;
      this.video.src = local(url) ?? '';
      this.video.load();
    }
    this.wanted = -1;
  }

  hide() {
    this.box.style.opacity = '0';
    if (!this.video.paused) this.video.pause();
    delete this.box.dataset.drift;
  }

  /** `time`: of the film. Gives the drift in seconds, null where nothing moves. */
  place(span: Span, time: number, rate: number, loud: boolean, opacity: number): number | null {
    this.put(span);
    this.box.style.opacity = String(opacity);
    if (this.box.dataset.kind !== 'video') return null;
    const { video } = this;
    const last = Math.max(0, span.seconds - 0.5 / span.rate);
    const aim = Math.min(last, Math.max(0, span.sourceIn + (time - span.start) * span.speed));
    const pace = rate * span.speed;
    const runs = rate > 0 && pace <= 8 && aim < last;
    const { media, muted, gain } = span.piece;
    video.muted = muted || !media?.sound || !loud || rate !== 1;
    video.volume = Math.min(1, 10 ** (gain / 20) * Math.sin((Math.PI / 2) * Math.min(1, opacity)));
    if (!video.readyState) return null;
    if (!runs) {
      if (!video.paused) video.pause();
      const still = Math.min(last, aim + 0.002); // safely inside the frame
      if (Math.abs(still - (this.wanted < 0 ? video.currentTime : this.wanted)) > 0.004 && !video.seeking) {
        this.wanted = still;
        video.currentTime = still;
      }
      delete this.box.dataset.drift;
      return null;
    }
    this.wanted = -1;
    if (video.paused) void video.play().catch(() => undefined);
    const drift = video.currentTime - aim;
    if (!video.seeking && Math.abs(drift) > DRIFT_S * Math.max(1, pace)) {
      video.currentTime = aim;
      video.playbackRate = Math.min(16, Math.max(0.0625, pace));
    } else {
      const away = Math.abs(drift) < CLOSE_S ? 0 : Math.max(-PACE, Math.min(PACE, -drift * 4));
      const wanted = Math.min(16, Math.max(0.0625, pace * (1 + away)));
      if (Math.abs(video.playbackRate - wanted) > 0.01) video.playbackRate = wanted;
    }
    this.box.dataset.drift = (drift * 1000).toFixed(1);
    return drift;
  }

  /** Stand ready, unseen, where the piece will begin. */
  ready(span: Span) {
    this.put(span);
    this.hide();
    if (this.box.dataset.kind !== 'video' || !this.video.readyState || this.video.seeking) return;
    const from = Math.max(0, span.sourceIn - span.half * span.speed);
    if (Math.abs(this.video.currentTime - from) > 0.004) this.video.currentTime = from;
  }
}

export class Deck {
  private spans: Span[] = [];
  private all: Piece[] = [];
  private slots: Slot[] = [];
  private sounds: Sound[] = [];
  private speech: Interval[] = [];
  private mixer = new Mixer();
  private audible = false; // the audio clock is the master
  private frame = 0;
  private from = 0;
  private began = 0;
  private end = 0;
  private run = 0;

  attach(boxes: readonly HTMLElement[]) {
    this.slots = boxes.map((box) => new Slot(box));
  }

  /** What is shown and heard; while it plays, it goes on with the new cut from where it is. */
  load(all: readonly Piece[], sounds: Sound[], speech: Interval[]) {
    this.all = [...all];
    this.spans = all.map((piece) => ({
      piece,
      start: piece.start.number,
      end: piece.start.number + piece.seconds.number,
      sourceIn: piece.sourceIn.number,
      speed: piece.speed.number,
      half: piece.dissolve.number / 2,
      rate: piece.media ? toNumber(piece.media.rate) : 0,
      seconds: piece.media ? toNumber(piece.media.seconds) : 0,
    }));
    this.sounds = sounds;
    this.speech = speech;
    this.end = this.spans.at(-1)?.end ?? 0;
    const { time, rate } = usePlay.getState();
    if (rate) void this.play(rate);
    else this.seek(Math.min(time, this.end));
  }

  /** `rate`: 1 as it is, 2 twice as fast, -1 backwards. Sound is heard at 1 alone. */
  async play(rate: number) {
    const run = ++this.run;
    cancelAnimationFrame(this.frame);
    let { time } = usePlay.getState();
    if (rate > 0 && time >= this.end - 0.001) time = 0;
    if (rate < 0 && time <= 0) return;
    this.audible = rate === 1 && (await this.mixer.wake());
    if (run !== this.run) return;
    this.from = time;
    this.began = this.clock() + (this.audible ? 0.05 : 0); // sounds need a moment to be placed
    if (this.audible) this.mixer.start(this.sounds, this.speech, time, this.began, usePlay.getState().loud);
    else this.mixer.stop();
    usePlay.setState({ rate, time });
    this.frame = requestAnimationFrame(this.tick);
  }

  pause() {
    this.run += 1;
    cancelAnimationFrame(this.frame);
    this.mixer.stop();
    usePlay.setState({ rate: 0 });
    this.show(usePlay.getState().time, 0);
  }

  toggle() {
    if (usePlay.getState().rate) this.pause();
    else void this.play(1);
  }

  seek(time: number) {
    const to = Math.max(0, Math.min(this.end, time));
    const { rate } = usePlay.getState();
    usePlay.setState({ time: to });
    if (rate) void this.play(rate);
    else this.show(to, 0);
  }

  setLoud(on: boolean) {
    usePlay.setState({ loud: on });
    this.mixer.loud = on;
  }

  leave() {
    this.run += 1;
    cancelAnimationFrame(this.frame);
    this.mixer.stop();
    for (const slot of this.slots) slot.hide();
    usePlay.setState({ rate: 0, time: 0 });
  }

  private clock = () => (this.audible ? this.mixer.time : performance.now() / 1000);

  private tick = () => {
    const { rate } = usePlay.getState();
    const time = this.from + Math.max(0, this.clock() - this.began) * rate;
    if ((rate > 0 && time >= this.end) || (rate < 0 && time <= 0)) {
      usePlay.setState({ time: Math.max(0, Math.min(this.end, time)) });
      this.pause();
      return;
    }
    usePlay.setState({ time });
    this.show(time, rate);
    this.frame = requestAnimationFrame(this.tick);
  };

  private show(time: number, rate: number) {
    if (this.slots.length < 2) return;
    const { loud } = usePlay.getState();
    const at = pieceAt(this.all, Math.min(time, Math.max(0, this.end - 0.001)));
    const used = new Set<number>();
    const one = (index: number, opacity: number, above: boolean) => {
      const span = this.spans[index];
      const slot = this.slots[index % 2];
      used.add(index % 2);
      slot.box.style.zIndex = above ? '2' : '1';
      slot.place(span, time, rate, loud, opacity);
    };
    const now = this.spans[at];
    const next = this.spans[at + 1];
    if (now && (time < now.end || at === this.spans.length - 1)) {
      if (now.half && at && time < now.start + now.half) {
        one(at - 1, 1, false);
        one(at, 0.5 + (time - now.start) / now.half / 2, true);
      } else if (next?.half && time >= next.start - next.half) {
        one(at, 1, false);
        one(at + 1, 0.5 + (time - next.start) / next.half / 2, true);
      } else one(at, 1, true);
    }
    if (next && !used.has((at + 1) % 2)) {
      used.add((at + 1) % 2);
      if (rate >= 0 && (next.start - next.half - time < READY_S || rate === 0)) this.slots[(at + 1) % 2].ready(next);
      else this.slots[(at + 1) % 2].hide();
    }
    this.slots.forEach((slot, index) => !used.has(index) && slot.hide());
  }
}

const toNumber = (said: string) => {
  const [above, below = '1'] = said.split('/');
  return Number(above) / Number(below);
};
