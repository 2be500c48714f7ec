/**
 * One actor's journal, taken again entry by entry by the turn, with the definitions as they are now. Pure.
 *
 * An accepted entry that does not follow on the one before is taken as it stands: the journal begins there, or
 * has a gap, or the system had fallen back to an older state. From it the replay goes on. Where it does not tell
 * the state after it (the actor is large), the next one that does is waited for.
 */
import type { Address } from '../../runtime/address.ts';
import { effectFields } from '../../runtime/core/entry.ts';
import { parseRecord, snapshotText, type ActorRecord } from '../../runtime/core/record.ts';
import type { Kind, Registry } from '../../runtime/core/registry.ts';
import { turn, type Turn } from '../../runtime/core/turn.ts';
import { messageOf } from '../../runtime/errors.ts';
import { differencesOf } from './differences.ts';
import type { Entry } from './entry.ts';
import { messageFrom, withTimersOf } from './rebuild.ts';

export interface Taken {
  /**
   * `compared`: done again, and compared. `resumed`: taken as it stands. `skipped`: it happened to a state that
   * the journal does not have.
   */
  readonly how: 'compared' | 'resumed' | 'skipped';
  /** What is otherwise than in the journal; empty: nothing. */
  readonly differences: readonly string[];
  /** The chart's snapshot after it, as text. */
  readonly after?: string;
}

export interface Replay {
  /** Entries are given in the order of the journal. */
  take(entry: Entry): Taken;
}

interface State {
  readonly record: ActorRecord | undefined;
  /** The version that the journal was at: of the replayed record too, unless that has gone another way. */
  readonly version: number;
  /** What the actor had running at this version is not known. */
  readonly resumedAt: number;
}

/** Throws where there is no such kind. */
export function createReplay(registry: Registry, of: Address): Replay {
  const kind = registry.get(of.kind);
  if (kind === undefined) throw new Error(`there is no kind of actor named ${of.kind}`);
  let state: State | undefined = { record: undefined, version: 0, resumedAt: 0 };

  function resume(entry: Entry): Taken {
    if (entry.after === undefined) {
      state = undefined;
      return { how: 'skipped', differences: [] };
    }
    try {
      const record = recordFrom(kind as Kind, of, entry);
      state = { record, version: entry.version, resumedAt: entry.version };
      return { how: 'resumed', differences: [], after: snapshotText(record.snapshot) };
    } catch (error) {
      state = undefined;
      return { how: 'resumed', differences: [messageOf(error)] };
    }
  }

  function compare(entry: Entry, before: State): Taken {
    const record = before.record && withTimersOf(before.record, entry, before.resumedAt);
    state = { ...before, version: entry.version };
    try {
      const message = messageFrom(of, entry, record);
      if (typeof message === 'string') return { how: 'compared', differences: [message] };
      const result = turn({ registry, record, message, time: entry.at, sequence: 0 });
      state = { ...state, record: result.record };
      return taken(entry, result);
    } catch (error) {
      return { how: 'compared', differences: [`the turn throws: ${messageOf(error)}`] };
    }
  }

  return {
    take(entry) {
      const isAccepted = entry.outcome === 'accepted';
      const follows = state !== undefined && entry.version === state.version + (isAccepted ? 1 : 0);
      if (follows && state !== undefined) return compare(entry, state);
      return isAccepted ? resume(entry) : { how: 'skipped', differences: [] };
    },
  };
}

/** The journal has the snapshot; what else was running is found when it comes (`withTimersOf`). */
function recordFrom(kind: Kind, of: Address, { version, chart: made, at, after }: Entry): ActorRecord {
  // Of the present version it is run as it stands; of an older one it is migrated.
  const chart = { version: made, hash: kind.hash };
  const running = { timers: {}, activities: {} };
  // An incident's journal does not say when its states were entered, nor what lists it; nothing of it is compared.
  const times = { createdAt: at, updatedAt: at, since: [], terms: [] };
  return parseRecord(
    JSON.stringify({ ...of, chart, version, sequence: 0, snapshot: after, ...running, ...times }),
    kind,
  );
}

function taken(entry: Entry, result: Turn): Taken {
  const { outcome, record } = result;
  if (outcome.outcome === 'dropped') {
    const why = outcome.why === 'early' ? 'it is not due yet' : 'nothing waits for it any more';
    return { how: 'compared', differences: [`dropped instead of ${entry.outcome}: ${why}`] };
  }
  const recorded: Told = { ...entry };
  const is = {
    ...told(result, outcome),
    after: recorded['after'] === undefined ? undefined : parsed(record),
  };
  const differences = Object.entries(is).flatMap(([field, value]) =>
    differencesOf(value, recorded[field], field),
  );
  return {
    how: 'compared',
    differences,
    ...(record === undefined ? {} : { after: snapshotText(record.snapshot) }),
  };
}

type Told = Readonly<Record<string, unknown>>;

/** As the journal would tell it. */
function told({ record, effects }: Turn, outcome: Exclude<Turn['outcome'], { outcome: 'dropped' }>): Told {
  const to = (record?.snapshot.value ?? null) as unknown;
  const none = { emitted: undefined, sent: undefined, sentMore: undefined };
  const common = {
    ...{ outcome: outcome.outcome, version: record?.version ?? 0, to },
    ...none,
    ...effectFields(effects),
  };
  return outcome.outcome === 'accepted'
    ? { ...common, from: outcome.from, reason: undefined, guards: undefined }
    : { ...common, from: to, reason: outcome.reason, guards: outcome.guards };
}

function parsed(record: ActorRecord | undefined): unknown {
  return record === undefined ? undefined : JSON.parse(snapshotText(record.snapshot));
}

/** `version 7, order.cancel: to: "cancelled" instead of "ending"` */
export function lineOf(entry: Entry, difference: string): string {
  return `version ${entry.version}, ${entry.event.type}: ${difference}`;
}

/** All differences, one line each. */
export function replayAll(registry: Registry, of: Address, entries: Iterable<Entry>): string[] {
  const replay = createReplay(registry, of);
  const lines: string[] = [];
  for (const entry of entries) {
    lines.push(...replay.take(entry).differences.map((difference) => lineOf(entry, difference)));
  }
  return lines;
}
