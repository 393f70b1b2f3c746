// Where this server stands: at the root of its host, or below the path of public_url, behind a proxy. The server writes
// it into the page; everything that is asked of it, and every address of the page, lies below.

export const ROOT = new URL(document.documentElement.dataset.root ?? '/', location.origin).pathname;

/** The address of a path of the server, such as "/v1/videos". */
export const address = (path: string): string => ROOT + path.slice(1);

/** Opened beside the proxy, without its path: the same server answers below the path too. */
export const isOutside = !`${location.pathname}/`.startsWith(ROOT);

export function goInside(): void {
  location.replace(ROOT + location.pathname.slice(1) + location.search);
}
