/** The journal of one actor against what its clients did and were told: nothing lost, nothing twice. */
import type { JournalEntry } from '../../runtime/entry.ts';
import { describe, type ClientOperation } from './operation.ts';

/** What does not agree; an empty list is the aim. All operations are over, and the journal is whole. */
export function compareJournal(
  operations: readonly ClientOperation[],
  entries: readonly JournalEntry[],
): string[] {
  const fromClients = entries.filter(({ source }) => source.from === 'outside');
  const bySubject = Map.groupBy(fromClients, subjectOf);
  const commands = operations.filter(({ command }) => command !== 'read');
  const known = new Set(commands.map(({ principal }) => principal.subject));
  return [
    ...gaps(entries),
    ...repeated(entries),
    ...fromClients
      .filter((entry) => !known.has(subjectOf(entry)))
      .map((entry) => `${entry.event.type} by ${subjectOf(entry)} is in the journal, and nobody sent it`),
    ...[...Map.groupBy(commands, ({ principal }) => principal.subject)].flatMap(([subject, own]) =>
      compareOwn(own, bySubject.get(subject) ?? []),
    ),
  ];
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

/** Without a subject for each command a client may have several operations: then only the numbers can tell. */
function compareOwn(own: readonly ClientOperation[], entries: readonly JournalEntry[]): string[] {
  const [first] = own;
  if (first === undefined) return [];
  if (entries.length > own.length) {
    return [`${first.principal.subject} sent ${own.length} commands, ${entries.length} are in the journal`];
  }
  return own.flatMap((operation) => {
    const { result } = operation;
    if (result.outcome === 'unknown' || result.outcome === 'read') return [];
    const matching = entries.filter(
      ({ outcome, version }) =>
        outcome === result.outcome && (operation.claim === undefined || version === operation.claim),
    );
    return matching.length > 0 ? [] : [`${describe(operation)} is not in the journal`];
  });
}

function subjectOf({ source }: JournalEntry): string {
  return source.from === 'outside' ? source.subject : '';
}
