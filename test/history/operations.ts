/** From single requests to operations: all attempts at one request under one key are one. */
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { RefusalReason } from '../../runtime/core/outcome.ts';
import { toldBy, toldKey, type Told } from './answers.ts';
import { isCausedBy, isOfClient } from './journal.ts';
import type { ClientOperation, InternalOperation, Operation, Result } from './operation.ts';
import type { Call } from './recorder.ts';

export interface Operations {
  readonly operations: readonly ClientOperation[];
  /** Answers that nobody may be given, whatever the actor does. */
  readonly problems: readonly string[];
}

/** Of one actor. What certainly was not done, and reads without an answer, are left out. */
export function operationsOf(calls: readonly Call[]): Operations {
  const groups = [...Map.groupBy(calls, groupOf).values()].map(attemptsOf);
  const attempts = groups.flat();
  const mayRun = groups.filter((group) => !group.some(isReused));
  const mayHaveRun = mayRun.flat();
  return {
    operations: mayRun.flatMap(operationOf),
    problems: [
      ...attempts.flatMap(unexpected),
      ...groups.flatMap(contradictions),
      ...attempts.flatMap((attempt) => falselyReused(attempt, mayHaveRun)),
    ],
  };
}

/**
 * The journal's part: what no client sent and was accepted. One is not before what the journal has before
 * it, so it begins where the last of those did: that keeps the search short.
 */
export function withInternals(
  operations: readonly ClientOperation[],
  entries: readonly JournalEntry[],
): Operation[] {
  const settled = operations.map((each) => settle(each, entries));
  const claimed = new Map(settled.map(({ claim, invoked }) => [claim, invoked]));
  const actor = operations[0]?.actor ?? '';
  let invoked = -1;
  const internals: InternalOperation[] = [];
  for (const entry of entries.toSorted((one, other) => one.version - other.version)) {
    if (entry.outcome !== 'accepted') continue;
    if (!isOfClient(entry))
      internals.push({ by: 'system', actor, entry, invoked, returned: Infinity, claim: entry.version });
    invoked = Math.max(invoked, claimed.get(entry.version) ?? invoked);
  }
  return [...internals, ...settled];
}

/**
 * What was promised must have its place, with the outcome that the journal has. Where the journal has none,
 * `compareJournal` says so, and the search does not ask for it as well.
 */
function settle(operation: ClientOperation, entries: readonly JournalEntry[]): ClientOperation {
  if (operation.result.outcome !== 'promised') return operation;
  const entry = entries.find((each) => isCausedBy(each, operation));
  if (entry === undefined) return { ...operation, optional: true, result: { outcome: 'unknown' } };
  const { outcome, version, reason } = entry;
  return outcome === 'accepted'
    ? { ...operation, claim: version, result: { outcome, version } }
    : { ...operation, result: { outcome, reason: reason as RefusalReason } };
}

interface Attempt {
  readonly call: Call;
  readonly told: Told;
}
type Group = readonly Attempt[];

/** Without a key each request is one by itself; but its answer may have told the key to ask again with. */
function groupOf(call: Call): unknown {
  const { command, body } = call;
  const key = keyOf(call);
  if (command === 'read' || key === undefined) return call;
  return [call.principal.subject, key, command, inOrder(body)].join(' ');
}

function keyOf(call: Call): string | undefined {
  return call.key ?? toldKey(call);
}

/** Whatever the order of the fields. */
function inOrder(body: string): string {
  return JSON.stringify(JSON.parse(body), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted())
      : value,
  );
}

/** Those that may have arrived. */
function attemptsOf(calls: readonly Call[]): Group {
  return calls
    .map((call) => {
      const isReplayed = 'status' in call.answer && call.answer.replayed;
      return { call, told: toldBy(call, !(isBare(calls[0]) && isReplayed)) };
    })
    .filter(({ told }) => told.outcome !== 'nothing');
}

/** The id was made at the edge: only the bare outcome is kept, and a repeat shows the actor as it is by then. */
function isBare(first: Call | undefined): boolean {
  return first?.key === undefined;
}

function isReused({ told }: Attempt): boolean {
  return told.outcome === 'key-reused';
}

function unexpected({ call, told }: Attempt): string[] {
  if (told.outcome !== 'unexpected' || 'lost' in call.answer) return [];
  const { status, text } = call.answer;
  return [`${whatOf(call)} was answered ${status}, which the API does not give: ${text.slice(0, 200)}`];
}

/** The same key and the same request: the same answer. */
function contradictions(group: Group): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const answers = group
    .filter(({ told }) => !['unknown', 'promised', 'unexpected'].includes(told.outcome))
    .map(({ told }) => (isBare(first.call) ? told.outcome : JSON.stringify(told)));
  const others = new Set(answers);
  return others.size > 1 ? [`${whatOf(first.call)} was told ${[...others].join(' and ')}`] : [];
}

/** Another request must have had the key before: one that may have run, or this one could have. */
function falselyReused({ call, told }: Attempt, mayHaveRun: readonly Attempt[]): string[] {
  if (told.outcome !== 'key-reused') return [];
  const isTrue = mayHaveRun.some(
    (other) =>
      keyOf(other.call) === keyOf(call) &&
      other.call.principal.subject === call.principal.subject &&
      other.call.command !== 'read' &&
      other.call.invoked < call.returned,
  );
  return isTrue ? [] : [`${whatOf(call)} was told that its key was used, and it was not`];
}

function whatOf({ command, principal }: Call): string {
  return `${command} by ${principal.subject}`;
}

function operationOf(group: Group): ClientOperation[] {
  const [first] = group;
  if (first === undefined) return [];
  const { principal, actor, command, ifMatch, body, invoked } = first.call;
  const { result, returned } = outcomeOf(group);
  const isUnknown = result.outcome === 'unknown';
  if (isUnknown && command === 'read') return [];
  const key = keyOf(first.call);
  const claim = result.outcome === 'accepted' ? result.version : undefined;
  return [
    {
      ...{ by: 'client', principal, actor, command, invoked, returned, result },
      body: JSON.parse(body) as Record<string, unknown>,
      ...(key === undefined ? {} : { key }),
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(claim === undefined ? {} : { claim }),
      ...(isUnknown ? { optional: true, content: `${command} ${ifMatch ?? ''} ${body}` } : {}),
    },
  ];
}

/** The first that tells it; a promise where none does. */
function outcomeOf(group: Group): { result: Result; returned: number } {
  for (const { call, told } of group) {
    const { outcome } = told;
    if (outcome === 'accepted' || outcome === 'refused' || outcome === 'read')
      return { result: told, returned: call.returned };
  }
  const isPromised = group.some(({ told }) => told.outcome === 'promised');
  return { result: { outcome: isPromised ? 'promised' : 'unknown' }, returned: Infinity };
}
