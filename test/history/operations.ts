/** From single requests to operations: all attempts under one key are one. */
import type { JournalEntry } from '../../runtime/entry.ts';
import type { RefusalReason } from '../../runtime/turn.ts';
import type { ClientOperation, InternalOperation, Operation, Result, Seen } from './operation.ts';
import type { Call } from './recorder.ts';

export interface Told {
  readonly operations: readonly ClientOperation[];
  /** Where the same key was answered differently. */
  readonly problems: readonly string[];
}

/** Of one actor. What certainly was not done, and reads without an answer, are left out. */
export function operationsOf(calls: readonly Call[]): Told {
  const groups = Map.groupBy(calls, groupOf);
  const problems: string[] = [];
  const operations: ClientOperation[] = [];
  for (const group of groups.values()) {
    const made = group.filter((call) => resultOf(call, isBare(group)) !== 'nothing');
    const first = made[0];
    if (first === undefined) continue;
    const results = made.map((call) => ({ call, result: resultOf(call, isBare(group)) as Result }));
    const known = results.filter(({ result }) => result.outcome !== 'unknown');
    const told = known[0];
    const others = new Set(
      known.map(({ result }) => (isBare(group) ? result.outcome : JSON.stringify(result))),
    );
    if (others.size > 1)
      problems.push(`${first.command} by ${first.principal.subject} was told ${[...others].join(' and ')}`);
    if (told === undefined && first.command === 'read') continue;
    operations.push(operationOf(first, told));
  }
  return { operations, problems };
}

/**
 * The journal's part: what no client sent and was accepted. One is not before what the journal has before
 * it, so it begins where the last of those did: that keeps the search short.
 */
export function withInternals(
  operations: readonly ClientOperation[],
  entries: readonly JournalEntry[],
): Operation[] {
  const claimed = new Map(operations.map(({ claim, invoked }) => [claim, invoked]));
  const actor = operations[0]?.actor ?? '';
  let invoked = -1;
  const internals: InternalOperation[] = [];
  for (const entry of entries.toSorted((one, other) => one.version - other.version)) {
    if (entry.outcome !== 'accepted') continue;
    if (entry.source.from !== 'outside')
      internals.push({ by: 'system', actor, entry, invoked, returned: Infinity, claim: entry.version });
    invoked = Math.max(invoked, claimed.get(entry.version) ?? invoked);
  }
  return [...internals, ...operations];
}

/** Without a key each request is one by itself; but its answer may have told the key to ask again with. */
function groupOf(call: Call): unknown {
  const { principal, key = toldKey(call) } = call;
  return call.command === 'read' || key === undefined ? call : `${principal.subject} ${key}`;
}

function toldKey({ answer }: Call): string | undefined {
  if (!('status' in answer) || (answer.status !== 202 && answer.status !== 504)) return undefined;
  return (JSON.parse(answer.text) as { id?: string }).id;
}

/** The id was made at the edge: only the bare outcome is kept, and a repeat shows the actor as it is by then. */
function isBare(group: readonly Call[]): boolean {
  return group[0]?.key === undefined;
}

function operationOf(first: Call, told: { call: Call; result: Result } | undefined): ClientOperation {
  const { principal, actor, command, key, ifMatch, body, invoked } = first;
  const result: Result = told?.result ?? { outcome: 'unknown' };
  const claim = result.outcome === 'accepted' ? result.version : undefined;
  return {
    ...{ by: 'client', principal, actor, command, invoked, result },
    body: JSON.parse(body) as Record<string, unknown>,
    ...(key === undefined ? {} : { key }),
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(claim === undefined ? {} : { claim }),
    ...(told === undefined
      ? { returned: Infinity, optional: true, content: `${command} ${ifMatch ?? ''} ${body}` }
      : { returned: told.call.returned }),
  };
}

const reasons: Readonly<Record<string, RefusalReason>> = {
  'illegal-transition': 'unhandled',
  'guard-refused': 'guard',
  'already-exists': 'exists',
  'not-found': 'not-found',
  'stale-version': 'stale',
  forbidden: 'forbidden',
  invalid: 'invalid',
};

function resultOf({ command, answer }: Call, bare: boolean): Result | 'nothing' {
  if ('lost' in answer) return answer.sent ? { outcome: 'unknown' } : 'nothing';
  const { status, text, replayed } = answer;
  if (status === 503) return 'nothing';
  const body = JSON.parse(text) as Body;
  return command === 'read' ? readOf(status, body) : commandOf(status, body, !(bare && replayed));
}

function readOf(status: number, body: Body): Result {
  if (status === 200) return { outcome: 'read', view: seen(body) };
  return status === 404 ? { outcome: 'read', view: undefined } : { outcome: 'unknown' };
}

/** Unknown, in progress, will run: it may have been done or not. Anything else is for others to judge. */
function commandOf(status: number, body: Body, isWhole: boolean): Result {
  if (status === 200 || status === 201)
    return { outcome: 'accepted', ...(isWhole ? { version: body.version, view: seen(body) } : {}) };
  const reason = reasons[(body.type ?? '').replace('/problems/', '')];
  if (reason === undefined) return { outcome: 'unknown' };
  return { outcome: 'refused', reason, ...(isWhole ? shown(body) : {}) };
}

interface Body extends Seen {
  readonly type?: string;
  readonly allowed?: readonly string[];
  readonly guard?: string;
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
