/**
 * How many actors of a kind are in which state and for how long, what is refused, and which ways are taken.
 * Worked out in this process, from the stored records and the journal after them, for as long as somebody
 * looks; an actor that nobody looks at costs nothing here.
 */
import type { StateValue } from 'xstate';
import { endedPaths, statePaths } from '../core/chart.ts';
import { kindOf, type Kind, type Registry } from '../core/registry.ts';
import { RetryableError } from '../errors.ts';
import type { Clock, ListQuery, Logger, Store } from '../ports.ts';
import type { Feed, FeedEntry } from './feed.ts';
import { Occupancy, type Dwell } from './occupancy.ts';
import { createSlices } from './slices.ts';
import { createTally, type Move, type Refused, type Tally } from './tally.ts';
import { createWatches, type Watch } from './watches.ts';

export interface StateFigures extends Dwell {
  readonly targetMs: number | null;
}

export interface Figures {
  readonly kind: string;
  /** ms */
  readonly at: number;
  /** How far back refusals, moves and visits are counted, at most; they begin when somebody first looked. */
  readonly windowMs: number;
  /** False while what is stored is still being read. */
  readonly ready: boolean;
  /** By dotted path, all states of the chart. */
  readonly states: Readonly<Record<string, StateFigures>>;
  readonly refused: readonly Refused[];
  readonly moves: readonly Move[];
}

export interface FiguresReader {
  /** Begins to watch the kind, if nobody does; it is given up when nobody has asked for a while. */
  of(kind: string): Promise<Figures>;
  /** Those who are longer in a state than its target, and their versions, as far as they are known by now. */
  late(kind: string): ReadonlyMap<string, number>;
  /** Changes whenever the figures of a watched kind may have. */
  revision(kind: string): number;
  close(): void;
}

export interface FiguresContext {
  readonly registry: Registry;
  readonly store: Pick<Store, 'list' | 'records' | 'count'>;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly logger: Logger;
}

const windowMs = 24 * 3_600_000;
const pageMax = 500;
/** Records read at once: they may be large. */
const portion = 20;
/** Ended actors are counted by the store, no more often than this. */
const countEveryMs = 5_000;

export function createFigures(context: FiguresContext): FiguresReader {
  const watches = createWatches(
    { ...context, what: 'the figures' },
    (name, end) => new KindFigures(context, kindOf(context.registry, name), end),
  );
  return {
    of: (kind) => watches.of(kind).figures(),
    late: (kind) => watches.of(kind).late(),
    revision: (kind) => watches.known(kind)?.revision ?? 0,
    close: () => watches.close(),
  };
}

class KindFigures implements Watch {
  revision = 1;
  readonly #context: FiguresContext;
  readonly #kind: Kind;
  readonly #occupancy = new Occupancy();
  readonly #tally: Tally;
  readonly #ended: ReadonlySet<string>;
  readonly #end: AbortController;
  #ready = false;
  #cancelCount: (() => void) | undefined;
  #counted: { at: number; counts: ReadonlyMap<string, number> } = { at: -Infinity, counts: new Map() };

  constructor(context: FiguresContext, kind: Kind, end: AbortController) {
    this.#context = context;
    this.#kind = kind;
    this.#end = end;
    this.#tally = createTally(windowMs);
    this.#ended = endedPaths(kind.machine);
    end.signal.addEventListener('abort', () => this.#cancelCount?.());
  }

  async figures(): Promise<Figures> {
    await this.#countEnded();
    const at = this.#context.clock.now();
    const { kind, targets } = this.#kind.definition;
    const states = this.#kind.allPaths.map((path): [string, StateFigures] => {
      const targetMs = targets[path]?.dwellMs;
      const dwell = this.#occupancy.dwell(path, {
        now: at,
        windowMs,
        ...(targetMs === undefined ? {} : { targetMs }),
      });
      return [
        path,
        { ...dwell, count: dwell.count + (this.#counted.counts.get(path) ?? 0), targetMs: targetMs ?? null },
      ];
    });
    return {
      kind,
      at,
      windowMs,
      ready: this.#ready,
      states: Object.fromEntries(states),
      ...this.#tally.at(at),
    };
  }

  late(): ReadonlyMap<string, number> {
    const now = this.#context.clock.now();
    const targets = Object.entries(this.#kind.definition.targets);
    return new Map(targets.flatMap(([path, { dwellMs }]) => [...this.#occupancy.since(path, now - dwellMs)]));
  }

  /** Follows first and loads then: what happens meanwhile has a later version than what is loaded, or the same. */
  async run(): Promise<void> {
    const { feed } = this.#context;
    const { last } = await feed.bounds();
    const loaded = this.#load();
    loaded.catch(() => this.#end.abort());
    for await (const { entries, isReset } of feed.follow({ after: last }, this.#end.signal)) {
      if (isReset) throw new RetryableError('the journal is not what was read');
      for (const entry of entries) this.#take(entry);
    }
    await loaded;
  }

  async #load(): Promise<void> {
    const { store } = this.#context;
    const { kind } = this.#kind.definition;
    for (let after: ListQuery['after'], more = true; more && !this.#end.signal.aborted;) {
      const places = await store.list({
        kind,
        terms: ['status=active'],
        limit: pageMax,
        ...(after ? { after } : {}),
      });
      await this.#putAll(places.map(({ key }) => key));
      after = places.at(-1);
      more = places.length === pageMax;
      this.revision += 1;
    }
    this.#occupancy.sort();
    this.#ready = true;
    this.revision += 1;
  }

  async #putAll(keys: readonly string[]): Promise<void> {
    const { store, clock } = this.#context;
    const worked = createSlices(clock);
    for (let at = 0; at < keys.length; at += portion) {
      for (const text of await store.records(keys.slice(at, at + portion))) {
        if (text === undefined) continue;
        this.#put(text);
        await worked(text.length);
      }
    }
  }

  /** Only what is needed is looked at: there may be a hundred thousand. */
  #put(text: string): void {
    const { id, version, snapshot, since } = JSON.parse(text) as Stored;
    const paths = statePaths(snapshot.value);
    // One of an older chart that has not been migrated yet.
    if (paths.length === since.length) this.#occupancy.put(id, { version, paths, since });
  }

  #take(entry: FeedEntry): void {
    if (entry.kind !== this.#kind.definition.kind) return;
    this.revision += 1;
    this.#tally.take(entry);
    if (entry.outcome !== 'accepted') return;
    const value = entry.to as StateValue;
    const isOver = statePaths(value).some((path) => this.#ended.has(path));
    this.#occupancy.step(entry.actor, { version: entry.version, value, at: entry.at, isOver });
  }

  async #countEnded(): Promise<void> {
    const { store, clock } = this.#context;
    if (clock.now() - this.#counted.at < countEveryMs) {
      this.#cancelCount ??= clock.after(countEveryMs, () => {
        this.#cancelCount = undefined;
        this.revision += 1;
      });
      return;
    }
    const { kind } = this.#kind.definition;
    const counts = [...this.#ended].map(
      async (path) => [path, await store.count(kind, `state=${path}`)] as const,
    );
    this.#counted = { at: clock.now(), counts: new Map(await Promise.all(counts)) };
  }
}

interface Stored {
  readonly id: string;
  readonly version: number;
  readonly snapshot: { readonly value: StateValue };
  readonly since: readonly number[];
}
