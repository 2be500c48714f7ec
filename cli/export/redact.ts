/**
 * Free text out of a journal: names, addresses, reasons, and who it was. The same text gets the same placeholder
 * everywhere, so that the replay still compares. Ids, codes, states and all that has a pattern stay. Numbers stay
 * but for those that locate a person, which are rounded: a region is left of them, and no door.
 */
import type { Address } from '../../runtime/address.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { Event } from '../../runtime/message.ts';
import type { Entry } from './entry.ts';
import { readingOf, type Reading } from './free-text.ts';

export interface Redactor {
  /** All entries are noted before the first one is redacted. */
  note(entry: Entry): void;
  redact(entry: Entry): Entry;
}

export function createRedactor(definition: ActorDefinition, { id }: Address): Redactor {
  const reading = readingOf(definition);
  const found = new Set<string>();
  const kept = new Set([id, ...reading.defaults]);
  let replace: Replacement | undefined;

  return {
    note: (entry) => note(entry, { reading, found, kept }),
    redact(entry) {
      const replacement = (replace ??= { text: replacerOf(found, kept), round: reading.personalNames });
      const { event, emitted, sent, source, cause, after } = entry;
      return {
        ...entry,
        event: redactedEvent(event, replacement),
        ...(source.from === 'outside'
          ? {
              source: { ...source, subject: replacement.text(source.subject) },
              cause: replacement.text(cause),
            }
          : {}),
        ...(emitted === undefined ? {} : { emitted: emitted.map((one) => redactedEvent(one, replacement)) }),
        ...(sent === undefined
          ? {}
          : { sent: sent.map((one) => ({ ...one, event: redactedEvent(one.event, replacement) })) }),
        ...(after === undefined ? {} : { after: redactedSnapshot(after, replacement) }),
      };
    },
  };
}

interface Noting {
  readonly reading: Reading;
  readonly found: Set<string>;
  readonly kept: Set<string>;
}

function note({ event, emitted, sent, source, cause, after }: Entry, { reading, found, kept }: Noting): void {
  const strings = reading.stringsOf(event);
  for (const text of strings?.kept ?? []) kept.add(text);
  for (const text of strings?.free ?? []) found.add(text.trim());
  if (source.from === 'outside') found.add(source.subject.trim()).add(cause.trim());
  const { context, output } = { ...(after as { context?: unknown; output?: unknown } | undefined) };
  walk([context, output, emitted, sent, strings === undefined ? event : undefined], '', (text, name) => {
    if (reading.freeNames.has(name) || isLink(text)) found.add(text.trim());
  });
}

/** Whoever has the link to a label has the address on it. */
function isLink(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text.trim());
}

/** An item of a list goes by the name of the list. */
function walk(value: unknown, name: string, visit: (text: string, name: string) => void): void {
  if (typeof value === 'string') visit(value, name);
  else if (Array.isArray(value)) for (const item of value) walk(item, name, visit);
  else if (typeof value === 'object' && value !== null) {
    for (const [field, below] of Object.entries(value)) walk(below, field, visit);
  }
}

/** Shorter ones would be found in anything. */
const partMin = 3;

/** What stands where an id stands as well is an id. What a chart has made of several texts has them as parts. */
function replacerOf(found: ReadonlySet<string>, kept: ReadonlySet<string>): (text: string) => string {
  const texts = [...found].filter((text) => text !== '' && !kept.has(text));
  const placeholders = new Map(texts.map((text, index) => [text, placeholder(text, index + 1)]));
  const parts = texts.filter(({ length }) => length >= partMin).sort((a, b) => b.length - a.length);
  const known = new Map<string, string>();

  function derived(text: string): string {
    if (kept.has(text) || kept.has(text.split(/[~#:]/)[0] ?? '')) return text;
    return parts.reduce((whole, part) => whole.replaceAll(part, placeholders.get(part) ?? ''), text);
  }
  return (text) => {
    const whole = placeholders.get(text.trim()) ?? known.get(text);
    if (whole !== undefined) return whole;
    const made = derived(text);
    known.set(text, made);
    return made;
  };
}

const shortMax = 20;

/** No id, because of the space; as long as a long text, which may be refused for its length. */
function placeholder(text: string, number: number): string {
  const short = `redacted ${number}`;
  return text.length > shortMax ? short.padEnd(text.length, '.') : short;
}

interface Replacement {
  readonly text: (text: string) => string;
  /** Names of fields whose numbers are rounded. */
  readonly round: ReadonlySet<string>;
}

function mapped(value: unknown, replace: Replacement, isPersonal = false): unknown {
  if (typeof value === 'string') return replace.text(value);
  if (typeof value === 'number') return isPersonal ? Math.round(value) : value;
  if (Array.isArray(value)) return value.map((item) => mapped(item, replace, isPersonal));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    mapped(field, replace, isPersonal || replace.round.has(name)),
  ]);
  return Object.fromEntries(fields);
}

function redactedEvent(event: Event, replace: Replacement): Event {
  return { ...(mapped(event, replace) as object), type: event.type };
}

function redactedSnapshot(after: unknown, replace: Replacement): unknown {
  const snapshot = { ...(after as Record<string, unknown>) };
  for (const field of ['context', 'output']) {
    if (field in snapshot) snapshot[field] = mapped(snapshot[field], replace);
  }
  return snapshot;
}
