// Which of a model's sizes a picture is made in. Pure, and by the same rule as the server's `shapes.nearest`, so that
// the price that is shown is the price of what is made.
export interface Size {
  width: number;
  height: number;
}

// The shapes that people name, as on the server (`clip.ASPECT_NAMES`).
const NAMED = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '21:9'] as const;

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
  const far = (name: string) => Math.abs(shape - Math.log(ratioOf(name)));
  return [...NAMED].sort((a, b) => far(a) - far(b))[0]!;
}

/** The aspects that this model makes, wide ones first. */
export function aspects(sizes: readonly string[]): string[] {
  const found = new Set(sizes.map((text) => aspectOf(sizeOf(text))));
  return [...found].sort((a, b) => ratioOf(b) - ratioOf(a));
}

/** The one of these aspects that is nearest to what was chosen. */
export function nearestAspect(known: readonly string[], chosen: string): string {
  const far = (name: string) => Math.abs(Math.log(ratioOf(name)) - Math.log(ratioOf(chosen)));
  return [...known].sort((a, b) => far(a) - far(b))[0] ?? chosen;
}

/** The largest size of about this shape. */
export function sizeOfAspect(sizes: readonly string[], aspect: string): string {
  const alike = sizes.filter((text) => aspectOf(sizeOf(text)) === aspect).map(sizeOf);
  const { width, height } = alike.sort((a, b) => b.width * b.height - a.width * a.height)[0] ?? sizeOf(sizes[0] ?? '');
  return `${width}x${height}`;
}

export function ratioOf(aspect: string): number {
  const [wide = 0, high = 0] = aspect.split(':').map(Number);
  return wide > 0 && high > 0 ? wide / high : 1;
}
