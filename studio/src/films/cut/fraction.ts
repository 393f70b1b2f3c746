// Exact numbers, as the server's times are (vitascope/film/times.py): a cut that lies on a frame stays there, however
// often it is moved, at 29.97 too.

export class Fraction {
  private constructor(
    readonly above: bigint,
    readonly below: bigint,
  ) {}

  static of(above: bigint, below: bigint): Fraction {
    if (below === 0n) throw new RangeError('division by zero');
    if (below < 0n) [above, below] = [-above, -below];
    const by = common(above < 0n ? -above : above, below);
    return new Fraction(above / by, below / by);
  }

  plus(other: Fraction): Fraction {
    return Fraction.of(this.above * other.below + other.above * this.below, this.below * other.below);
  }
  minus(other: Fraction): Fraction {
    return Fraction.of(this.above * other.below - other.above * this.below, this.below * other.below);
  }
  times(other: Fraction): Fraction {
    return Fraction.of(this.above * other.above, this.below * other.below);
  }
  over(other: Fraction): Fraction {
    return Fraction.of(this.above * other.below, this.below * other.above);
  }
  /** -1, 0 or 1 */
  compare(other: Fraction): number {
    const left = this.above * other.below;
    const right = other.above * this.below;
    return left < right ? -1 : left > right ? 1 : 0;
  }
  is(other: Fraction): boolean {
    return this.above === other.above && this.below === other.below;
  }
  less(other: Fraction): boolean {
    return this.compare(other) < 0;
  }
  get isZero(): boolean {
    return this.above === 0n;
  }
  /** The whole number below it. */
  get floor(): bigint {
    const whole = this.above / this.below;
    return this.above < 0n && whole * this.below !== this.above ? whole - 1n : whole;
  }
  /** For drawing and for clocks. */
  get number(): number {
    return Number(this.above) / Number(this.below);
  }
  /** As Python writes it: "3/8" or "4". */
  toString(): string {
    return this.below === 1n ? String(this.above) : `${this.above}/${this.below}`;
  }
}

function common(a: bigint, b: bigint): bigint {
  while (b) [a, b] = [b, a % b];
  return a || 1n;
}

/** "3/8", "2.5", "4" or 4. Numbers are taken as they are written. */
export function fraction(said: string | number): Fraction {
  const [above, below = '1'] = String(said).trim().split('/');
  return decimal(above).over(decimal(below));
}

function decimal(text: string): Fraction {
  const found = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text.trim());
  if (!found || !(found[2] || found[3])) throw new RangeError(`"${text}" is no number`);
  const places = found[3] ?? '';
  const value = BigInt(`${found[2] || '0'}${places}`);
  return Fraction.of(found[1] ? -value : value, 10n ** BigInt(places.length));
}

export const ZERO = fraction(0);
export const ONE = fraction(1);
const HALF = fraction('1/2');

export const least = (a: Fraction, b: Fraction) => (b.less(a) ? b : a);
export const most = (a: Fraction, b: Fraction) => (a.less(b) ? b : a);

/** The nearest frame border (halves up). */
export const frames = (seconds: Fraction, rate: Fraction): bigint => seconds.times(rate).plus(HALF).floor;

/** The time of that border. */
export const ofFrames = (count: bigint, rate: Fraction): Fraction => Fraction.of(count, 1n).over(rate);

/** The time of the nearest frame border. */
export const snapped = (seconds: Fraction, rate: Fraction): Fraction => ofFrames(frames(seconds, rate), rate);

/** A time of a pointer or a clock, on the nearest frame. */
export const nearest = (seconds: number, rate: Fraction): Fraction =>
  ofFrames(BigInt(Math.max(0, Math.round(seconds * rate.number))), rate);
