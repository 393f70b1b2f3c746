// The one way to the server. `api` is typed by the server's own description; `call` gives the answer's data or throws
// an ApiError that carries the server's message and hint, so that pages never look at responses.
import createClient from 'openapi-fetch';
import { address, ROOT } from './root';
import type { paths } from './schema';

export const api = createClient<paths>({ baseUrl: ROOT, credentials: 'same-origin' });

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string = '',
    readonly field: string = '',
    readonly rule: string = '',
    readonly more: Readonly<Record<string, unknown>> = {}, // what else stands in the error
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of `api.GET(...)` and the rest. Status 0: the server could not be reached. */
export async function call<T>(asked: Promise<Answered<T>>): Promise<T> {
  let answer: Answered<T>;
  try {
    answer = await asked;
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason;
    throw new ApiError(0, 'unreachable', 'The server cannot be reached.');
  }
  if (answer.response.ok) return answer.data as T;
  throw failure(answer.response.status, answer.error);
}

/** For what the typed client cannot send: forms with files. */
export async function post<T>(path: string, body: FormData | object, init: RequestInit = {}): Promise<T> {
  const form = body instanceof FormData;
  const headers = new Headers(init.headers);
  if (!form) headers.set('content-type', 'application/json');
  let response: Response;
  try {
    response = await fetch(address(path), {
      ...init,
      method: 'POST',
      credentials: 'same-origin',
      headers,
      body: form ? body : JSON.stringify(body),
    });
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason;
    throw new ApiError(0, 'unreachable', 'The server cannot be reached.');
  }
  const said: unknown = await response.json().catch(() => null);
  if (!response.ok) throw failure(response.status, said);
  return said as T;
}

function failure(status: number, said: unknown): ApiError {
  const told = (said as { error?: Record<string, string | null> } | null)?.error ?? {};
  return new ApiError(
    status,
    told.code ?? 'failed',
    told.message ?? `The server answered ${status}.`,
    told.hint ?? '',
    told.param ?? '',
    told.rule ?? '',
    told,
  );
}

/** One sentence or two for people: what happened, then what to do. */
export function told(error: unknown): string {
  if (error instanceof ApiError) return [error.message, error.hint].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}
