/**
 * What an answer tells: only statuses and problems that the API gives to requests that are well formed, with a
 * good token, from callers who may see what they read. All else is unexpected.
 */
import type { Result, Seen } from './operation.ts';
import type { Call } from './recorder.ts';
import type { RefusalReason } from '../../runtime/core/outcome.ts';

export type Told =
  | Result
  /** `nothing`: certainly not done; `key-reused`: it never is, for another request has its key. */
  | { readonly outcome: 'nothing' | 'key-reused' | 'unexpected' };

/** `isWhole`: the answer shows the actor as the command left it, not as it is by now. */
export function toldBy({ command, answer }: Call, isWhole: boolean): Told {
  if ('lost' in answer) return { outcome: answer.sent ? 'unknown' : 'nothing' };
  const { status, text } = answer;
  const body = bodyOf(text);
  if (body === undefined) return { outcome: 'unexpected' };
  return command === 'read' ? readOf(status, body) : commandOf({ status, command }, body, isWhole);
}

/** The key to ask again with, where the answer names one. */
export function toldKey({ answer }: Call): string | undefined {
  if (!('status' in answer) || (answer.status !== 202 && answer.status !== 504)) return undefined;
  return bodyOf(answer.text)?.id;
}

type Means = RefusalReason | 'unknown' | 'nothing' | 'key-reused';

/** Problems by name: the status, and what it means. */
const problems: Readonly<Record<string, readonly [number, Means]>> = {
  'illegal-transition': [409, 'unhandled'],
  'guard-refused': [409, 'guard'],
  'already-exists': [409, 'exists'],
  'not-found': [404, 'not-found'],
  'stale-version': [412, 'stale'],
  forbidden: [403, 'forbidden'],
  invalid: [422, 'invalid'],
  'key-reused': [422, 'key-reused'],
  'in-progress': [409, 'unknown'],
  'unknown-outcome': [504, 'unknown'],
  unavailable: [503, 'nothing'],
  'too-many-requests': [429, 'nothing'],
  'too-large': [413, 'nothing'],
};

function meaningOf(status: number, { type = '' }: Body): Means | undefined {
  const [expected, means] = problems[type.replace('/problems/', '')] ?? [];
  return expected === status ? means : undefined;
}

function readOf(status: number, body: Body): Told {
  if (status === 200) return { outcome: 'read', view: seen(body) };
  const means = meaningOf(status, body);
  if (means === 'not-found') return { outcome: 'read', view: undefined };
  return { outcome: means === 'nothing' ? means : 'unexpected' };
}

function commandOf(
  { status, command }: { status: number; command: string },
  body: Body,
  isWhole: boolean,
): Told {
  if (status === 202) return { outcome: 'promised' };
  if (status === 201 || (status === 200 && command !== 'create')) {
    return isWhole ? appliedOf(body) : { outcome: 'accepted' };
  }
  return problemOf(meaningOf(status, body), isWhole ? shown(body) : {});
}

function problemOf(means: Means | undefined, parts: object): Told {
  if (means === undefined) return { outcome: 'unexpected' };
  if (means === 'unknown' || means === 'nothing' || means === 'key-reused') return { outcome: means };
  return { outcome: 'refused', reason: means, ...parts };
}

function appliedOf(body: Body): Told {
  const { version } = body;
  if (typeof version !== 'number') return { outcome: 'unexpected' };
  return { outcome: 'accepted', version, view: seen(body) };
}

interface Body extends Seen {
  readonly id?: string;
  readonly type?: string;
  readonly allowed?: readonly string[];
  readonly guard?: string;
}

/** Undefined: not a JSON object. */
function bodyOf(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Body) : undefined;
  } catch {
    return undefined;
  }
}

function seen({ version, status, state, context, can, tags }: Body): Seen {
  return JSON.parse(JSON.stringify({ version, status, state, context, can, tags })) as Seen;
}

/** What of a refusal is there; `version` is in no problem but the one that is about it. */
function shown({ state, allowed, guard, version }: Partial<Body>): object {
  return {
    ...(state === undefined ? {} : { state }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(guard === undefined ? {} : { guard }),
    ...(version === undefined ? {} : { version }),
  };
}
