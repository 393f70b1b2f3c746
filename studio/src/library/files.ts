// Links of the server as this page uses them: without the host, so that they go through whatever the page came through.

export function local(url: string | null | undefined): string | undefined {
  if (!url) return undefined;
  try {
    const { pathname, search } = new URL(url, location.href);
    return pathname + search;
  } catch {
    return undefined;
  }
}

const SCREEN = 16 / 9;

/** A clip that is nearly as wide as the screen fills it; others stand in it with bars beside them. */
export function fit({ width, height }: { width: number; height: number }): 'cover' | 'contain' {
  return Math.abs(width / height - SCREEN) < 0.12 ? 'cover' : 'contain';
}

/** The same by a size in words, "352x192". */
export function fitOf(size: string): 'cover' | 'contain' {
  const [width, height] = size.split('x').map(Number);
  return width && height ? fit({ width, height }) : 'contain';
}
