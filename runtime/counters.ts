/**
 * What this node has done since it started, as numbers that only grow: for whoever watches. To count makes nothing
 * new, but for what happens for the first time; and there are only so many names, whatever comes from outside.
 */
import type { Draft, Ran } from './core/draft.ts';
import type { Registry } from './core/registry.ts';

/** How one call of an activity has ended. `refused`: a clear no. `outdated`: too old to be made at all. */
export type CallEnd = 'succeeded' | 'refused' | 'failed' | 'late' | 'outdated';

export type Counts = ReadonlyMap<string, number>;

export interface Counters {
  /** A commit has been made. */
  committed(draft: Pick<Draft, 'ran' | 'repeated' | 'publications'>): void;
  /** A call of an activity has ended. */
  readonly called: (target: string, end: CallEnd) => void;
  readonly totals: Readonly<Totals>;
  /** Of commands from outside, by kind, command as in the URL, and what came of them. */
  readonly commands: ReadonlyMap<string, ReadonlyMap<string, Counts>>;
  /** Of all messages that a turn was run for, by kind, where they come from, and what came of them. */
  readonly turns: ReadonlyMap<string, ReadonlyMap<string, Counts>>;
  /** By kind. */
  readonly deadLetters: Counts;
  /** By target, and end. */
  readonly calls: ReadonlyMap<string, Counts>;
}

interface Totals {
  commits: number;
  /** Came again, and were told by their id or number. */
  repeatedCommands: number;
  repeatedMessages: number;
}

/** Instead of a name that no definition has. */
const other = 'other';
/** Of activities: a definition may take them from its input. */
const targetsMax = 100;

export function createCounters(registry: Registry): Counters {
  const totals: Totals = { commits: 0, repeatedCommands: 0, repeatedMessages: 0 };
  const commands = new Map<string, Map<string, Map<string, number>>>();
  const turns = new Map<string, Map<string, Map<string, number>>>();
  const calls = new Map<string, Map<string, number>>();
  // From the beginning, so that the first one is seen to be one more.
  const deadLetters = new Map([...registry.keys(), other].map((kind) => [kind, 0]));

  function ran(one: Ran): void {
    const { message } = one;
    const kind = kindIn(registry, message.to.kind);
    const outcome = outcomeOf(one);
    raise(within(within(turns, kind), message.from), outcome);
    if (message.from === 'outside')
      raise(within(within(commands, kind), commandIn(registry, kind, message.event.type)), outcome);
  }

  return {
    ...{ totals, commands, turns, calls, deadLetters },
    committed(draft) {
      totals.commits += 1;
      totals.repeatedCommands += draft.repeated.commands;
      totals.repeatedMessages += draft.repeated.messages;
      for (const one of draft.ran) ran(one);
      for (const { log, to } of draft.publications) {
        if (log === 'dead') raise(deadLetters, kindIn(registry, to.kind));
      }
    },
    called(target, end) {
      raise(within(calls, calls.has(target) || calls.size < targetsMax ? target : other), end);
    },
  };
}

function raise(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function within<Inner>(outer: Map<string, Map<string, Inner>>, name: string): Map<string, Inner> {
  let inner = outer.get(name);
  if (inner === undefined) {
    inner = new Map();
    outer.set(name, inner);
  }
  return inner;
}

function kindIn(registry: Registry, kind: string): string {
  return registry.has(kind) ? kind : other;
}

function commandIn(registry: Registry, kind: string, type: string): string {
  const known = registry.get(kind);
  const command = known?.commandNames.get(type);
  if (command !== undefined) return command;
  return known?.definition.create.event === type ? 'create' : other;
}

function outcomeOf(one: Ran): string {
  if ('parked' in one) return 'dead';
  const { outcome } = one.result;
  if (outcome.outcome === 'accepted') return 'accepted';
  return outcome.outcome === 'refused' ? outcome.reason : outcome.why;
}
