/** One operation of the HTTP contract as data: what the OpenAPI document and the page for people are made from. */
import type { ProblemName } from '../problems.ts';
import type { Schema } from './schema.ts';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** With parameters in braces: `/orders/{id}`. */
  readonly path: string;
  /** Unique: what generated clients call it. */
  readonly id: string;
  /** What it is shown among: a kind of actor, or a group of `groups`. */
  readonly group: string;
  readonly summary: string;
  readonly about?: string;
  /** By name; those of the path that are not here are texts. */
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly headers?: readonly RequestHeader[];
  readonly body?: Body;
  readonly answers: readonly Answer[];
  readonly problems: readonly ProblemName[];
  /** Who may, in words; left out: whoever has a token. */
  readonly roles?: readonly string[];
  /** Where the chart takes the command; an empty one is the whole chart. */
  readonly states?: readonly string[];
  /** No token is asked for. */
  readonly isOpen?: true;
}

export interface Parameter {
  readonly about: string;
  readonly schema: Schema;
}

export interface Body {
  /** In the document's components. */
  readonly name: string;
  readonly schema: Schema;
  readonly example?: unknown;
}

export interface Answer {
  readonly status: 200 | 201 | 202 | 304;
  readonly about: string;
  /** Of the schemas in `answers.ts`, or of a kind's own. */
  readonly schema?: string;
  /** `application/json` where there is a schema. */
  readonly types?: readonly string[];
  readonly headers?: readonly AnswerHeader[];
}

export const requestHeaders = {
  'Idempotency-Key':
    'Of your own making: repeated with the same key, the command is done once and answered the same. 1 to 200 visible ASCII characters',
  'If-Match': 'The `ETag` of the view that you decide on: refused with 412 if the actor has changed since',
  Prefer:
    '`wait=<seconds>` (5 if left out, at most 60): how long to wait for the answer; `respond-async`: not at all',
  traceparent: 'W3C trace context: stands in the journal of all that comes of it',
  'If-None-Match': 'The `ETag` of what you have: answered 304 if it is still the same',
  'Last-Event-ID': 'The id of the last event that you have: the stream goes on behind it',
} as const;
export type RequestHeader = keyof typeof requestHeaders;

export const answerHeaders = {
  ETag: 'The version of the actor, in quotes',
  Location: 'Where the actor is',
  Link: '`rel="next"`: the next page, if there is one',
  'Idempotency-Replayed':
    '`true`: the stored answer to a key that was used before; where its view was too large to keep, the actor as it is now',
  'Preference-Applied': 'The part of `Prefer` that was followed',
  'Retry-After': 'Seconds to wait before asking again',
} as const;
export type AnswerHeader = keyof typeof answerHeaders;

/** Whatever asks for a token may be answered these. */
export const asked = [
  'unauthenticated',
  'too-many-requests',
  'internal',
  'unavailable',
] as const satisfies readonly ProblemName[];

/** Whatever has a JSON body. */
export const bodied = ['malformed', 'invalid', 'too-large'] as const satisfies readonly ProblemName[];
