/** The server's answers, by the contract of its HTTP interface. */
import type { ChartState, ChartTransition } from '../chart.ts';
import type { LetterGroup, LetterJson, LettersJson } from '../dead-letters/letter.ts';
import type { BoardJson } from '../board.ts';
import type { FiguresJson } from '../figures.ts';
import type { PreviewJson } from '../preview/preview.ts';
import type { HistoryItem } from '../history.ts';
import type { OptionsJson } from '../options.ts';
import type { Choice } from '../../runtime/core/choices.ts';
import type { SignedIn, StudioSettings } from '../studio-sign-in.ts';
import type { Rehearsed, Step as RehearsedStep } from '../../runtime/core/rehearsal.ts';
import type { View } from '../../runtime/core/view.ts';
import { session } from './session.ts';

export type { SignedIn, StudioSettings };
export type { BoardJson, Choice, PreviewJson, LetterGroup, LetterJson, LettersJson, OptionsJson };
export type { ChartState, ChartTransition, FiguresJson, HistoryItem, Rehearsed, RehearsedStep, View };

export interface MachineItem {
  readonly kind: string;
  readonly plural: string;
  readonly version: number;
  readonly states: number;
  /** Left out for those who may not see all. */
  readonly live?: number;
}

export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
}

export interface Machine extends Omit<ChartState, 'id' | 'key'> {
  readonly kind: string;
  readonly version: number;
  readonly plural: string;
  readonly live?: number;
  readonly events: Readonly<Record<string, MachineEvent>>;
  readonly targets: Readonly<Record<string, { readonly dwellMs: number }>>;
  /** Fields of its view that are amounts, in minor units of its currency. */
  readonly money: readonly string[];
}

export interface MachineEvent {
  readonly description?: string;
  readonly schema: JsonSchema;
  readonly command?: string;
  readonly roles?: readonly string[];
}

export interface HistoryQuery {
  readonly direction: 'asc' | 'desc';
  readonly limit: number;
  /** `next` of a page that went the same way, or a sequence: what is after it, or before it. */
  readonly cursor?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly guard?: string | readonly string[];
  /** Of an actor that has changed: what the page had not shown, oldest first. */
  readonly unseen?: readonly HistoryItem[];
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

/** The server said no, or nobody answered (`status` 0). */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Its answer is kept under the key: another body, another version or another try need another key. */
export interface Attempt {
  readonly body: unknown;
  readonly version: number;
  readonly key: string;
  /** W3C trace context: stands with all that actors tell each other on account of it. */
  readonly trace: string;
}

/** The view after a command whose outcome is known. Whoever sends the same attempt again is told what has come of it. */
export async function sendCommand(path: string, { body, key, version, trace }: Attempt): Promise<View> {
  const headers = { 'if-match': `"${version}"`, 'idempotency-key': key, traceparent: trace };
  const response = await request(path, { method: 'POST', body, headers });
  if (response.status === 202) throw new ApiError(later);
  return (await response.json()) as View;
}

export interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Throws `ApiError`. A token that the server does not take ends the session. */
export async function request(path: string, asked: Asked = {}): Promise<Response> {
  const { token } = session.getSnapshot().context;
  const response = await fetch(path, initOf(asked, token)).catch((error: unknown) => {
    if (asked.signal?.aborted === true) throw error;
    throw new ApiError(away);
  });
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401 && token === session.getSnapshot().context.token) {
    session.trigger.signedOut({ notice: token === null ? null : `Please sign in again: ${problem.detail}.` });
  }
  throw new ApiError(problem);
}

function initOf({ method = 'GET', body, headers = {}, signal }: Asked, token: string | null): RequestInit {
  return {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  };
}

const away = {
  type: 'about:blank',
  title: 'No answer',
  status: 0,
  detail: 'The server does not answer.',
};

const later = {
  type: 'about:blank',
  title: 'Not done yet',
  status: 202,
  detail: 'It is stored, and will be done as soon as it can be.',
};

async function problemOf(response: Response): Promise<Problem> {
  const bare = {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    detail: response.statusText,
  };
  try {
    return { ...bare, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return bare;
  }
}

export async function getJson<Answer>(path: string, asked?: Asked): Promise<Answer> {
  return (await (await request(path, asked)).json()) as Answer;
}

export async function getText(path: string, asked?: Asked): Promise<string> {
  return (await request(path, asked)).text();
}

export function actorPath({ plural }: Pick<Machine, 'plural'>, id: string): string {
  return `/${plural}/${encodeURIComponent(id)}`;
}

export function getHistory(
  path: string,
  { direction, limit, cursor }: HistoryQuery,
  signal?: AbortSignal,
): Promise<Page<HistoryItem>> {
  const query = new URLSearchParams({ direction, limit: String(limit), ...(cursor && { cursor }) });
  return getJson(`${path}/history?${query.toString()}`, signal === undefined ? {} : { signal });
}
