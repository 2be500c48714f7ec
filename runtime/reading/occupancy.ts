/** Who is in which state of one kind, since when, and how long those stayed who have left. Pure bookkeeping. */
import type { StateValue } from 'xstate';
import { statePaths } from '../core/chart.ts';

/** A visit that is over, ms. */
interface Visit {
  readonly leftAt: number;
  readonly stayedMs: number;
}

interface Present {
  readonly version: number;
  readonly paths: readonly string[];
}

export interface Dwell {
  readonly count: number;
  /** Longer than the target. */
  readonly over: number;
  readonly oldestMs: number | null;
  readonly oldestId: string | null;
  /** Of the visits that are over. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** How many visits that is. */
  readonly left: number;
}

/** Visits remembered of each state. */
const visitsMax = 1_000;
/** Actors remembered as over: a record that was read before, or an entry told twice, does not bring them back. */
const overMax = 20_000;

export class Occupancy {
  readonly #present = new Map<string, Present>();
  /** By state: since when, by id; those who came first, first. */
  readonly #since = new Map<string, Map<string, number>>();
  readonly #visits = new Map<string, Visit[]>();
  /** The version with which it was over, by id; the latest last. */
  readonly #over = new Map<string, number>();

  /** An actor as it is stored. Nothing, if a later version is known. */
  put(id: string, record: { version: number; paths: readonly string[]; since: readonly number[] }): void {
    if (this.#isKnown(id, record.version)) return;
    const known = this.#present.get(id);
    if (known !== undefined) this.#leave(id, known.paths);
    this.#present.set(id, record);
    record.paths.forEach((path, index) => this.#statesOf(path).set(id, record.since[index] ?? 0));
  }

  /** What the journal tells of one step. `isOver`: it is in no state that anybody could wait in. */
  step(id: string, to: { version: number; value: StateValue; at: number; isOver: boolean }): void {
    if (this.#isKnown(id, to.version)) return;
    const known = this.#present.get(id);
    const paths = to.isOver ? [] : statePaths(to.value);
    const left = (known?.paths ?? []).filter((path) => !paths.includes(path));
    for (const path of left) this.#note(path, id, to.at);
    this.#leave(id, left);
    this.#present.set(id, { version: to.version, paths });
    for (const path of paths) {
      const there = this.#statesOf(path);
      if (!there.has(id)) there.set(id, to.at);
    }
    if (to.isOver) this.#end(id, to.version);
  }

  /** Those who were put come in any order. */
  sort(): void {
    for (const [path, there] of this.#since) {
      this.#since.set(path, new Map([...there].sort(([, one], [, other]) => one - other)));
    }
  }

  dwell(
    path: string,
    { now, targetMs, windowMs }: { now: number; targetMs?: number; windowMs: number },
  ): Dwell {
    const there = this.#statesOf(path);
    const [oldest] = there;
    const stayed = (this.#visits.get(path) ?? [])
      .filter(({ leftAt }) => leftAt > now - windowMs)
      .map(({ stayedMs }) => stayedMs)
      .sort((one, other) => one - other);
    return {
      count: there.size,
      over: targetMs === undefined ? 0 : longerThan(there, now - targetMs),
      oldestMs: oldest === undefined ? null : now - oldest[1],
      oldestId: oldest?.[0] ?? null,
      ...{ p50Ms: percentile(stayed, 0.5), p95Ms: percentile(stayed, 0.95), left: stayed.length },
    };
  }

  /** Who has been in a state since before, and their versions; oldest first. */
  *since(path: string, before: number): Generator<[id: string, version: number]> {
    for (const [id, since] of this.#statesOf(path)) {
      if (since > before) return;
      yield [id, this.#present.get(id)?.version ?? 0];
    }
  }

  #isKnown(id: string, version: number): boolean {
    return (this.#present.get(id)?.version ?? this.#over.get(id) ?? 0) >= version;
  }

  #end(id: string, version: number): void {
    this.#present.delete(id);
    this.#over.delete(id);
    this.#over.set(id, version);
    const [oldest] = this.#over.keys();
    if (this.#over.size > overMax && oldest !== undefined) this.#over.delete(oldest);
  }

  #statesOf(path: string): Map<string, number> {
    let there = this.#since.get(path);
    if (there === undefined) {
      there = new Map<string, number>();
      this.#since.set(path, there);
    }
    return there;
  }

  #note(path: string, id: string, at: number): void {
    const since = this.#statesOf(path).get(id);
    if (since === undefined) return;
    const visits = this.#visits.get(path) ?? [];
    this.#visits.set(path, visits);
    visits.push({ leftAt: at, stayedMs: Math.max(0, at - since) });
    if (visits.length > visitsMax) visits.shift();
  }

  #leave(id: string, paths: readonly string[]): void {
    for (const path of paths) this.#statesOf(path).delete(id);
  }
}

function longerThan(there: ReadonlyMap<string, number>, before: number): number {
  let count = 0;
  for (const since of there.values()) {
    if (since > before) break;
    count += 1;
  }
  return count;
}

export function percentile(sorted: ArrayLike<number>, share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}
