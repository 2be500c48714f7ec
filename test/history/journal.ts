/** The journal of one actor against what its clients did and were told: nothing lost, nothing twice, nothing else. */
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { Kind } from '../../runtime/core/registry.ts';
import { describe, type ClientOperation } from './operation.ts';
import { unpaired } from './pairing.ts';
import { isSent } from './sent.ts';

/** What does not agree; an empty list is the aim. All operations are over, and the journal is whole. */
export function compareJournal(
  kind: Kind,
  operations: readonly ClientOperation[],
  entries: readonly JournalEntry[],
): string[] {
  const commands = operations.filter(({ command }) => command !== 'read');
  const fromClients = entries.filter(isOfClient);
  const bySubject = Map.groupBy(fromClients, subjectOf);
  const own = Map.groupBy(commands, ({ principal }) => principal.subject);
  const subjects = new Set([...own.keys(), ...bySubject.keys()]);
  return [
    ...gaps(entries),
    ...repeated(entries),
    ...[...subjects].flatMap((each) => compareOwn(kind, own.get(each) ?? [], bySubject.get(each) ?? [])),
  ];
}

/** Not a webhook: what the world outside tells comes by itself, like a message of another actor. */
export function isOfClient({ source }: JournalEntry): boolean {
  return source.from === 'outside' && !source.roles.includes('webhook');
}

/** Whether its cause is the operation's key, scoped by caller and actor. */
export function isCausedBy(
  { kind, actor, cause }: JournalEntry,
  { principal, key }: Pick<ClientOperation, 'principal' | 'key'>,
): boolean {
  return key !== undefined && cause === `${encodeURIComponent(principal.subject)}|${kind}/${actor}|${key}`;
}

/** Versions from 1 on, each once, each state where the last one ended. */
function gaps(entries: readonly JournalEntry[]): string[] {
  const accepted = entries
    .filter(({ outcome }) => outcome === 'accepted')
    .toSorted((one, other) => one.version - other.version);
  const versions = accepted.map(({ version }) => version);
  const isWhole = versions.every((version, index) => version === index + 1);
  if (!isWhole) return [`its versions are ${versions.join(', ')}`];
  return accepted.flatMap(({ version, from, event }, index) => {
    const before = index === 0 ? null : accepted[index - 1]?.to;
    return JSON.stringify(from) === JSON.stringify(before)
      ? []
      : [`${event.type} made version ${version} from a state that the one before did not end in`];
  });
}

function repeated(entries: readonly JournalEntry[]): string[] {
  const causes = entries.map(({ cause }) => cause);
  const twice = new Set(causes.filter((cause, index) => causes.indexOf(cause) !== index));
  return [...twice].map((cause) => `${cause} has taken effect more than once`);
}

/**
 * Of one subject, one to one: every answer has an entry, and every entry an operation. Where each side can be
 * paired without a rest, both can be at once (Mendelsohn and Dulmage), so each is asked by itself.
 */
function compareOwn(kind: Kind, own: readonly ClientOperation[], entries: readonly JournalEntry[]): string[] {
  function isOf(entry: JournalEntry, operation: ClientOperation): boolean {
    const isItsCause =
      operation.key === undefined
        ? !own.some((other) => isCausedBy(entry, other))
        : isCausedBy(entry, operation);
    return isItsCause && isOutcome(operation, entry) && isSent(kind, operation, entry);
  }
  const mandatory = own.filter(({ optional }) => optional !== true);
  return [
    ...unpaired(mandatory, entries, (operation, entry) => isOf(entry, operation)).map(
      (operation) => `${describe(operation)} is not in the journal`,
    ),
    ...unpaired(entries, own, isOf).map(
      (entry) => `${entry.event.type} by ${subjectOf(entry)} is in the journal, and nobody sent it`,
    ),
  ];
}

function isOutcome({ result, claim }: ClientOperation, { outcome, version, reason }: JournalEntry): boolean {
  switch (result.outcome) {
    case 'accepted':
      return outcome === 'accepted' && (claim === undefined || version === claim);
    case 'refused':
      return outcome === 'refused' && reason === result.reason;
    case 'promised':
    case 'unknown':
      return true;
    case 'read':
      return false;
  }
}

function subjectOf({ source }: JournalEntry): string {
  return source.from === 'outside' ? source.subject : '';
}
