/**
 * The business figures of a kind over the last day: how many began, came to their end and were refused, how long
 * it took, where they are. Worked out from the journal in this process, for as long as somebody looks.
 */
import type { StateValue } from 'xstate';
import { keyOf } from '../address.ts';
import { endedPaths, statePaths } from '../core/chart.ts';
import { kindOf, type Kind, type Registry } from '../core/registry.ts';
import type { BoardDefinition } from '../definition.ts';
import { RetryableError } from '../errors.ts';
import type { Clock, Log, Logger, Store } from '../ports.ts';
import { Bound } from './bound.ts';
import type { Feed, FeedEntry } from './feed.ts';
import { percentile } from './occupancy.ts';
import { sequenceBefore } from './pages.ts';
import { createWatches, type Watch } from './watches.ts';

/** What happened in one minute. */
export interface Minute {
  created: number;
  /** Came to the last step. */
  finished: number;
  /** Came to another end. */
  lost: number;
  refused: number;
  /** Finished no later than promised. */
  onTime: number;
  /** How long those that finished have taken, ms; the first hundred of the minute. */
  readonly cycles: number[];
  /** By state: entered less left. */
  readonly net: Map<string, number>;
}

export interface Board {
  /** ms */
  readonly at: number;
  /** What happened before is not counted. */
  readonly from: number;
  /** False while the journal of the last day is still being read. */
  readonly ready: boolean;
  /** By the number of the minute since the epoch; a minute in which nothing happened is not there. */
  readonly minutes: ReadonlyMap<number, Minute>;
  /** Of those that began since `from`: how many have come so far. */
  readonly funnel: readonly { readonly name: string; readonly count: number }[];
}

export interface BoardReader {
  /** Undefined for a kind without a board. Begins to read, if nobody does. */
  of(kind: string): Board | undefined;
  /** What is bound in these actors, by currency, in minor units. One of an older chart does not count. */
  valueOf(kind: string, versions: ReadonlyMap<string, number>): Promise<Record<string, number>>;
  close(): void;
}

export interface BoardContext {
  readonly registry: Registry;
  readonly store: Pick<Store, 'records'>;
  readonly journal: Log;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const boardWindowMs = 24 * 3_600_000;
export const minuteMs = 60_000;
/** Entries of the journal that are read at most for what was before. */
const entriesMost = 200_000;
const cyclesMost = 100;
/** Of which it is remembered how far they have come. */
const actorsMost = 100_000;

export function createBoards(context: BoardContext): BoardReader {
  const watches = createWatches(
    { ...context, what: 'the board' },
    (name, end) => new KindBoard(context, kindOf(context.registry, name), end),
  );
  return {
    of(name) {
      const { definition } = kindOf(context.registry, name);
      return definition.board === undefined ? undefined : watches.of(name).board();
    },
    valueOf: (name, versions) => watches.of(name).bound.sums(versions),
    close: () => watches.close(),
  };
}

/** What there is to know of a state value: a chart has few of them. */
interface Place {
  readonly paths: ReadonlySet<string>;
  /** Of the steps; -1 for none. */
  readonly step: number;
  readonly isOver: boolean;
}

/** Before an actor is. */
const nowhere: Place = { paths: new Set(), step: -1, isOver: false };

class KindBoard implements Watch {
  readonly bound: Bound;
  readonly #context: BoardContext;
  readonly #kind: Kind;
  readonly #spec: BoardDefinition;
  readonly #ended: ReadonlySet<string>;
  readonly #end: AbortController;
  readonly #minutes = new Map<number, Minute>();
  readonly #places = new Map<string, Place>();
  /** Those that began within the window, oldest first: when, and the furthest step. */
  readonly #actors = new Map<string, { createdAt: number; version: number; step: number }>();
  /** Finished, and begun before what was read. */
  #unknown: { id: string; at: number }[] = [];
  #from: number;
  #ready = false;

  /** Only for a kind with a board. */
  constructor(context: BoardContext, kind: Kind, end: AbortController) {
    const { board } = kind.definition;
    if (board === undefined) throw new Error(`${kind.definition.kind} has no board`);
    this.bound = new Bound(context, kind.definition);
    this.#context = context;
    this.#kind = kind;
    this.#spec = board;
    this.#end = end;
    this.#ended = endedPaths(kind.machine);
    this.#from = context.clock.now();
  }

  board(): Board {
    const at = this.#context.clock.now();
    this.#drop(at - boardWindowMs);
    const counts = this.#spec.steps.map(() => 0);
    for (const { step } of this.#actors.values()) {
      for (let reached = 0; reached <= step; reached++) counts[reached] = (counts[reached] ?? 0) + 1;
    }
    return {
      at,
      from: Math.max(this.#from, at - boardWindowMs),
      ready: this.#ready,
      minutes: this.#minutes,
      funnel: this.#spec.steps.map(({ name }, index) => ({ name, count: counts[index] ?? 0 })),
    };
  }

  async run(): Promise<void> {
    const { feed, journal, clock } = this.#context;
    const { last } = await feed.bounds();
    const start = await sequenceBefore(journal, clock.now() - boardWindowMs);
    const after = Math.max(start, last - entriesMost);
    if (after < last) this.#from = Math.min(this.#from, (await timeAt(journal, after)) ?? this.#from);
    this.#ready = after >= last;
    for await (const { entries, through, isReset } of feed.follow({ after }, this.#end.signal)) {
      if (isReset) throw new RetryableError('the journal is not what was read');
      for (const entry of entries) this.#take(entry);
      if (this.#unknown.length > 0) await this.#lookUp();
      this.#ready ||= through >= last;
    }
  }

  #take(entry: FeedEntry): void {
    if (entry.kind !== this.#kind.definition.kind) return;
    if (entry.outcome === 'refused') this.#minuteOf(entry.at).refused += 1;
    else this.#step(entry);
  }

  #step({ actor, version, from, to, at }: FeedEntry): void {
    const known = this.#actors.get(actor);
    // A log may hold an entry twice.
    if (known !== undefined && version <= known.version) return;
    const was = from === null ? nowhere : this.#placeOf(from);
    const is = this.#placeOf(to);
    const minute = this.#minuteOf(at);
    if (from === null) this.#begin(minute, { actor, version, at, step: is.step });
    else if (known !== undefined) Object.assign(known, { version, step: Math.max(known.step, is.step) });
    this.#move(minute, was, is);
    if (!this.#hasFinished(is)) minute.lost += Number(is.isOver && !was.isOver);
    else if (!this.#hasFinished(was)) this.#finish(minute, actor, at);
  }

  #hasFinished({ step }: Place): boolean {
    return step === this.#spec.steps.length - 1;
  }

  #move({ net }: Minute, was: Place, is: Place): void {
    for (const state of this.#spec.states) {
      const change = Number(is.paths.has(state)) - Number(was.paths.has(state));
      if (change !== 0) net.set(state, (net.get(state) ?? 0) + change);
    }
  }

  #begin(minute: Minute, given: { actor: string; version: number; at: number; step: number }): void {
    const { actor, version, at, step } = given;
    minute.created += 1;
    this.#actors.set(actor, { createdAt: at, version, step });
    const [oldest] = this.#actors.keys();
    if (this.#actors.size > actorsMost && oldest !== undefined) this.#actors.delete(oldest);
  }

  #finish(minute: Minute, id: string, at: number): void {
    minute.finished += 1;
    const known = this.#actors.get(id);
    if (known === undefined) this.#unknown.push({ id, at });
    else this.#timed(at, at - known.createdAt);
  }

  #timed(at: number, cycleMs: number): void {
    const minute = this.#minuteOf(at);
    if (cycleMs <= this.#spec.promiseMs) minute.onTime += 1;
    if (minute.cycles.length < cyclesMost) minute.cycles.push(cycleMs);
  }

  /** Records know when their actor began. */
  async #lookUp(): Promise<void> {
    const asked = this.#unknown;
    this.#unknown = [];
    const { kind } = this.#kind.definition;
    const texts = await this.#context.store.records(asked.map(({ id }) => keyOf({ kind, id })));
    for (const [index, { at }] of asked.entries()) {
      const text = texts[index];
      if (text !== undefined) this.#timed(at, at - (JSON.parse(text) as { createdAt: number }).createdAt);
    }
  }

  #placeOf(value: unknown): Place {
    const name = JSON.stringify(value);
    let place = this.#places.get(name);
    if (place === undefined) {
      const paths = new Set(statePaths(value as StateValue));
      const step = this.#spec.steps.findLastIndex(({ states }) => states.some((state) => paths.has(state)));
      place = { paths, step, isOver: [...paths].some((path) => this.#ended.has(path)) };
      this.#places.set(name, place);
    }
    return place;
  }

  #minuteOf(at: number): Minute {
    const number = Math.floor(at / minuteMs);
    let minute = this.#minutes.get(number);
    if (minute === undefined) {
      minute = { created: 0, finished: 0, lost: 0, refused: 0, onTime: 0, cycles: [], net: new Map() };
      this.#minutes.set(number, minute);
    }
    return minute;
  }

  #drop(before: number): void {
    for (const number of this.#minutes.keys()) {
      if (number * minuteMs < before - minuteMs) this.#minutes.delete(number);
    }
    for (const [id, { createdAt }] of this.#actors) {
      if (createdAt >= before) break;
      this.#actors.delete(id);
    }
  }
}

async function timeAt(journal: Log, after: number): Promise<number | undefined> {
  return (await journal.readAll(after, 1))[0]?.time;
}

/** Middle and 95 % of what took so long; null for nothing. */
export function spread(cycles: readonly number[]): { p50Ms: number | null; p95Ms: number | null } {
  // Of a whole day there may be many: numbers alone sort many times faster than by a comparison.
  const sorted = Float64Array.from(cycles).sort();
  return { p50Ms: percentile(sorted, 0.5), p95Ms: percentile(sorted, 0.95) };
}
