/** Every way in which a request can fail, as RFC 9457 problems. Only this layer knows status codes. */
import type { FieldError } from '../runtime/core/field-errors.ts';

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What it means, for its page. */
  readonly meaning: string;
  /** What the caller can do about it. */
  readonly remedy: string;
}

export const problems = {
  malformed: {
    status: 400,
    title: 'The request cannot be read',
    meaning:
      'The body is not a JSON object in UTF-8, its content type is not JSON, or a header has no valid form.',
    remedy:
      'Send `Content-Type: application/json` and one JSON object. The detail names what could not be read.',
  },
  unauthenticated: {
    status: 401,
    title: 'Who are you?',
    meaning: 'There is no bearer token, or it is expired, not signed by the expected key, or lacks a claim.',
    remedy:
      'Send `Authorization: Bearer <token>` with a valid token. A development server prints one at start.',
  },
  forbidden: {
    status: 403,
    title: 'Your role may not do this',
    meaning: 'The token is valid, but none of its roles may send this command to this actor, or see it.',
    remedy: 'Ask for a role that may. What you may send is in `can` of each view.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing here',
    meaning:
      'No actor has this id, or it is somebody else’s and you see only your own, or there is no such kind, command or path.',
    remedy:
      'Compare with the known commands in the answer, with `GET /machines`, or with a list of the kind.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This path does not take this method',
    meaning: 'The path exists, but not for this HTTP method.',
    remedy: 'Use a method that the `Allow` header names: `GET` reads, `POST` creates and sends commands.',
  },
  timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    meaning: 'Headers or body were not complete in time, and nothing was done.',
    remedy: 'Send the request again over a faster connection.',
  },
  'illegal-transition': {
    status: 409,
    title: 'Not allowed in this state',
    meaning:
      'The chart has no transition for this event in the state that the actor is in. Nothing has changed.',
    remedy: 'See `state` and `allowed` in the answer: what the actor would accept now.',
  },
  'guard-refused': {
    status: 409,
    title: 'A condition is not met',
    meaning: 'The state knows this event, but the guard that the answer names said no. Nothing has changed.',
    remedy:
      'See `conditions` in the answer: what the guards ask for, with the fields. Meet one, and send the command again.',
  },
  'already-exists': {
    status: 409,
    title: 'The id is taken',
    meaning: 'An actor of this kind with this id exists already.',
    remedy:
      'Read it at its location, choose another id, or leave the id out. An `Idempotency-Key` makes repeats safe.',
  },
  'in-progress': {
    status: 409,
    title: 'The same request is still running',
    meaning: 'A request with this `Idempotency-Key` is being worked on right now.',
    remedy: 'Wait as long as `Retry-After` says and ask again with the same key: you get its answer.',
  },
  'stale-version': {
    status: 412,
    title: 'The actor has changed',
    meaning: 'The version in `If-Match` is not the present one. Nothing has changed by this request.',
    remedy: 'Read the actor again, decide on what it is now, and send its new `ETag`.',
  },
  'too-large': {
    status: 413,
    title: 'The body is too large',
    meaning: 'The body has more bytes than this server takes, or more than one message may have.',
    remedy: 'Send less at once.',
  },
  invalid: {
    status: 422,
    title: 'The request does not fit the schema',
    meaning:
      'It could be read, but a field, query parameter or header has a wrong value, is missing, or is unknown.',
    remedy:
      'See `errors`: each has a JSON pointer to the place and says what is expected there. `more` is how many are left out.',
  },
  'key-reused': {
    status: 422,
    title: 'The idempotency key was used for another request',
    meaning: 'You have used this `Idempotency-Key` for the same actor with another command or body.',
    remedy: 'Use a new key for a new request, and the same body for a repeat.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    meaning: 'You send requests faster than this server takes from one caller.',
    remedy: 'Wait as long as `Retry-After` says.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    meaning: 'Request line and headers are larger than this server takes.',
    remedy: 'Send fewer or shorter headers.',
  },
  internal: {
    status: 500,
    title: 'Something is wrong here',
    meaning:
      'The server has met an error that it did not expect. Whether the command took effect is not known.',
    remedy: 'Read the actor to see. If it happens again, tell the operators the time and the path.',
  },
  'dead-letter': {
    status: 500,
    title: 'The command could not be handled',
    meaning:
      'The actor failed on this command. It is unchanged; the command is parked as a dead letter with its cause.',
    remedy:
      'An operator finds the dead letter under its id, and can send it again once the cause is repaired.',
  },
  unavailable: {
    status: 503,
    title: 'Not available right now',
    meaning:
      'A server behind this one is away, this node is starting or stopping, or it is too busy. Nothing was done.',
    remedy: 'Wait as long as `Retry-After` says and send the request again.',
  },
  'unknown-outcome': {
    status: 504,
    title: 'It is not known whether it was done',
    meaning: 'The command may have been stored or not, and no answer came in time.',
    remedy:
      'Send the same request with the id in the answer as `Idempotency-Key`: it is done once, and you get its answer.',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof problems;

export interface Problem {
  readonly name: ProblemName;
  /** What happened this time, in plain words. */
  readonly detail: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends the handling of a request. Refusals by a chart are no exceptions, and do not come this way. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** `more`: errors that are left out. */
export function invalid(detail: string, errors: readonly FieldError[], more = 0): ProblemError {
  const fields = more === 0 ? { errors } : { errors, more };
  return new ProblemError({ name: 'invalid', detail, fields });
}

/** Asked again a second later it may be done. */
export function unavailable(detail: string): ProblemError {
  return new ProblemError({ name: 'unavailable', detail, headers: { 'retry-after': '1' } });
}

/** `instance` is the path of the request. */
export function problemText({ name, detail, fields }: Problem, instance?: string): string {
  const { status, title } = problems[name];
  return JSON.stringify({ type: `/problems/${name}`, title, status, detail, instance, ...fields });
}

export function problemResponse(problem: Problem, instance: string): Response {
  return new Response(problemText(problem, instance), {
    status: problems[problem.name].status,
    headers: { 'content-type': 'application/problem+json', ...problem.headers },
  });
}
