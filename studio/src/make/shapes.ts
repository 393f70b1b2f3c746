// Which of a model's sizes a picture is made in. Pure, and by the same rule as the server's `shapes.nearest`, so that
// the price that is shown is the price of what is made.
export interface Size {
  width: number;
  height: number;
}

const NAMED: Record<string, number> = { '1:1': 1, '16:9': 352 / 192, '9:16': 192 / 352 };

export function sizeOf(text: string): Size {
  const [width = 0, height = 0] = text.split('x').map(Number);
  return { width, height };
}

/** The nearest size for a picture of this shape: by shape first, then by area. */
export function nearest(sizes: readonly string[], given: Size): string {
  const far = (text: string): [number, number] => {
    const size = sizeOf(text);
    const shape = Math.abs(Math.log(size.width / size.height) - Math.log(given.width / given.height));
    const area = Math.abs(Math.log(size.width * size.height) - Math.log(given.width * given.height));
    return [Math.round(shape * 10), area];
  };
  return [...sizes].sort((a, b) => far(a)[0] - far(b)[0] || far(a)[1] - far(b)[1])[0] ?? '';
}

export type Fit = 'crop' | 'pad';

/** What is done to a picture of another shape: how much of it is lost, or where the bars are. */
export interface Fitted {
  at: 'sides' | 'ends'; // left and right, or above and below
  lost: number; // per cent, of a picture that is cut
}

const ALIKE = 0.02; // shapes that differ by less are one, as on the server

/** How a picture comes to a size; null where nothing is cut or padded. */
export function fitted(given: Size, size: Size, fit: Fit): Fitted | null {
  if (!given.width || !given.height || !size.width || !size.height) return null;
  const wide = (given.width * size.height) / (given.height * size.width); // how much wider than what is made
  if (Math.abs(wide - 1) < ALIKE) return null;
  const lost = fit === 'crop' ? Math.round(100 * (1 - Math.min(wide, 1 / wide))) : 0;
  return { at: wide > 1 === (fit === 'crop') ? 'sides' : 'ends', lost };
}

/** The name of a size's shape, the nearest one that has a name. */
export function aspectOf(size: Size): string {
  const shape = Math.log(size.width / size.height);
  const far = (name: string) => Math.abs(shape - Math.log(NAMED[name] ?? 1));
  return Object.keys(NAMED).sort((a, b) => far(a) - far(b))[0] ?? '1:1';
}

/** The aspects that this model makes, wide ones first. */
export function aspects(sizes: readonly string[]): string[] {
  const found = new Set(sizes.map((text) => aspectOf(sizeOf(text))));
  return ['16:9', '1:1', '9:16'].filter((name) => found.has(name));
}

export function ratioOf(aspect: string): number {
  return NAMED[aspect] ?? 1;
}
