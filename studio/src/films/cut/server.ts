// What the cut asks of the server. Its routes answer as docs/films-api.md says.
import { ApiError, post } from '../../api/client';
import { address } from '../../api/root';
import type { Difference, Render, TimelineView } from './types';

export async function request<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address(path), {
      method,
      credentials: 'same-origin',
      headers: body ? { 'content-type': 'application/json' } : {},
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, 'unreachable', 'The server cannot be reached.');
  }
  if (!response.ok) throw await failure(response);
  return (await response.json()) as T;
}

async function failure(response: Response): Promise<ApiError> {
  const said = (await response.json().catch(() => null)) as { error?: Record<string, string> } | null;
  const told = said?.error ?? {};
  return new ApiError(
    response.status,
    told.code ?? 'failed',
    told.message ?? `The server answered ${response.status}.`,
    told.hint ?? '',
  );
}

export const timelineOf = (id: string) => request<TimelineView>('GET', `/v1/films/${id}/timeline`);

export const askRender = (id: string, said: object) => request<Render>('POST', `/v1/films/${id}/renders`, said);
export const renderOf = (id: string, render: string) => request<Render>('GET', `/v1/films/${id}/renders/${render}`);
export const dropRender = (id: string, render: string) =>
  request<object>('DELETE', `/v1/films/${id}/renders/${render}`);

export interface Exported {
  blob: Blob;
  name: string;
  losses: string[];
}

/** The cut as a file for another program, and what that file cannot hold. */
/** `inside`: what a ZIP holds; all of it if nothing is said. */
export async function exported(id: string, format: string, inside: readonly string[] = []): Promise<Exported> {
  let response: Response;
  const path = `/v1/films/${id}/export?format=${format}${inside.length ? `&formats=${inside.join(',')}` : ''}`;
  try {
    response = await fetch(address(path), { credentials: 'same-origin' });
  } catch {
    throw new ApiError(0, 'unreachable', 'The server cannot be reached.');
  }
  if (!response.ok) throw await failure(response);
  const said = response.headers.get('content-disposition') ?? '';
  const named = /filename\*=UTF-8''([^;]+)/i.exec(said)?.[1];
  const plain = /filename="?([^";]+)"?/i.exec(said)?.[1];
  return {
    blob: await response.blob(),
    name: named ? decodeURIComponent(named) : (plain ?? `film.${format}`),
    losses: JSON.parse(response.headers.get('x-vitascope-losses') ?? '[]') as string[],
  };
}

export interface Differences {
  version: number;
  differences: Difference[];
  changes: object | null;
  warnings: string[];
}

/** What is different in a cut that an editor changed; with `accept` also the patch for the document. */
export function differences(id: string, file: File, accept = ''): Promise<Differences> {
  const form = new FormData();
  form.set('content', file);
  if (accept) form.set('accept', accept);
  return post<Differences>(`/v1/films/${id}/import`, form);
}

export interface Quote {
  credits: number;
  credits_on: boolean;
  version: number;
  refused: { message: string; hint: string }[];
}

const another = (shot: string) => ({ kinds: ['clip'], ids: [shot], n: 1, again: true });

export const quoteTake = (id: string, shot: string) => request<Quote>('POST', `/v1/films/${id}/quote`, another(shot));

export const makeTake = <T>(id: string, shot: string, quote: Quote) =>
  request<T>('POST', `/v1/films/${id}/make`, { ...another(shot), max_credits: quote.credits });

/** Give a file to the one who looks at the page. */
export function save(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
