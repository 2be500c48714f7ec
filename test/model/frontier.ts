/**
 * Which of the actors that a walk finds are walked on from: those in a new configuration, a few that stand for
 * the same one with other numbers, and those that came to a state in a new way. Of the others, only those at
 * the end of something new are kept.
 */
import { snapshotText } from '../../runtime/core/record.ts';
import { shapeOf } from './abstraction.ts';
import { cover, type Reached } from './reached.ts';
import type { Traced } from './traced.ts';
import { visitedBy, type Taken, type Visited } from './visited.ts';
import type { Limits } from './walk-limits.ts';

export interface Frontiers {
  readonly traced: Traced;
  readonly reached: Reached;
  readonly limits: Pick<Limits, 'alikeMax' | 'beginningsMax'>;
}

export class Frontier {
  /** To be walked on from, in the order found. */
  readonly visited: Visited[] = [];
  /** To be played, but not walked on from. */
  readonly ends: Visited[] = [];
  readonly #given: Frontiers;
  /** Records, with the transitions that led to them. */
  readonly #texts = new Set<string>();
  /** Shapes seen, by configuration. */
  readonly #shapes = new Map<string, Set<string>>();
  /** States, with the last transition into them. */
  readonly #arrivals = new Set<string>();

  constructor(given: Frontiers) {
    this.#given = given;
  }

  /** Keeps the way if it leads to something new. */
  arrive(before: Visited | undefined, taken: Taken): void {
    const { traced, reached } = this.#given;
    const { record } = taken.turn;
    if (record === undefined) return;
    // The same record as before leads nowhere else; but the way to it may be a new one.
    const timers = Object.keys(record.timers).sort().join();
    const text = [
      snapshotText(record.snapshot),
      timers,
      ...(before?.move.trace.taken.slice(-1) ?? []),
      ...taken.trace.taken,
    ].join(' ');
    if (this.#texts.has(text)) return;
    this.#texts.add(text);
    const visited = visitedBy(taken, before, traced);
    if (visited === undefined) return;
    const isNews = cover(reached, visited);
    if (this.#isToBeWalked(visited)) this.add({ ...visited, isFirst: !this.has(visited) });
    else if (isNews) this.addEnd(visited);
  }

  /** True if one in the same configuration is walked on from. */
  has({ key }: Visited): boolean {
    return this.#shapes.has(key);
  }

  add(visited: Visited): void {
    const { key, record } = visited;
    const shape = shapeOf(record.snapshot.context);
    const shapes = this.#shapes.get(key);
    if (shapes === undefined) this.#shapes.set(key, new Set([shape]));
    else shapes.add(shape);
    this.visited.push(visited);
  }

  /** As it was added. */
  addEnd(visited: Visited): Visited {
    const end = { ...visited, isFirst: false };
    this.ends.push(end);
    return end;
  }

  #isToBeWalked({ record, key, move, before }: Visited): boolean {
    const arrival = JSON.stringify([record.snapshot.value, move.trace.taken.at(-1)]);
    const isNewArrival = !this.#arrivals.has(arrival);
    this.#arrivals.add(arrival);
    if (isNewArrival) return true;
    const shapes = this.#shapes.get(key);
    if (shapes === undefined) return true;
    // Of the beginnings all shapes: what an actor is born with decides what it can become.
    const { beginningsMax, alikeMax } = this.#given.limits;
    const max = before === undefined ? beginningsMax : alikeMax;
    return shapes.size < max && !shapes.has(shapeOf(record.snapshot.context));
  }
}
