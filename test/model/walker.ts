/**
 * The walk itself, breadth first: every actor that was found is given all that can happen to it, in the order
 * found, so that the first way to anything is a shortest one. It ends when nothing new is found, or at a limit.
 */
import type { ActorDefinition } from '../../runtime/definition.ts';
import { Attempts } from './attempts.ts';
import { dueTimers, type Happening } from './events.ts';
import { Frontier } from './frontier.ts';
import { isStep, type Step } from './leads.ts';
import { cover, nothingReached } from './reached.ts';
import { trace, type Traced } from './traced.ts';
import { isSameState, visitedBy, type Taken, type Visited } from './visited.ts';
import type { Limits } from './walk-limits.ts';

export interface Walkable {
  readonly definition: ActorDefinition;
  readonly others: readonly ActorDefinition[];
  readonly limits: Limits;
}

export class Walker {
  readonly definition: ActorDefinition;
  readonly limits: Limits;
  readonly traced: Traced;
  readonly reached = nothingReached();
  readonly attempts: Attempts;
  readonly frontier: Frontier;
  /** What was left out, in words: where a limit ended the walk, and what a play does not compare. */
  readonly cut = new Set<string>();
  /** Transitions, by the states before them, of which more than one payload is played. */
  readonly #varied = new Set<string>();
  /** How many of those found have been walked on from. */
  #next = 0;

  constructor({ definition, others, limits }: Walkable) {
    const { reached, cut } = this;
    this.definition = definition;
    this.limits = limits;
    this.traced = trace(definition);
    this.attempts = new Attempts({ definition, others, traced: this.traced, reached, limits, cut });
    this.frontier = new Frontier({ traced: this.traced, reached, limits });
  }

  begin(): void {
    for (const happening of this.attempts.beginnings()) {
      const taken = this.attempts.take(undefined, happening);
      if (taken?.turn.outcome.outcome === 'accepted') this.frontier.arrive(undefined, taken);
    }
    if (this.frontier.visited.length === 0) {
      this.attempts.problems.add(
        `no payload of ${this.definition.create.event} brings an actor into being: give it examples`,
      );
    }
  }

  /** Along the long ways that are given: each step is the first one that changes something, else the first taken. */
  follow(leads: readonly (readonly Step[])[]): void {
    for (const lead of leads) {
      let from: Visited | undefined;
      for (const step of lead) {
        from = this.#follow(from, step);
        if (from === undefined) {
          this.attempts.problems.add(`a lead ends before its step ${JSON.stringify(step)}`);
          break;
        }
        cover(this.reached, from);
        if (this.frontier.has(from)) from = this.frontier.addEnd(from);
        else this.frontier.add(from);
      }
    }
  }

  #follow(from: Visited | undefined, step: Step): Visited | undefined {
    const all = from === undefined ? this.attempts.beginnings() : this.#happeningsAt(from);
    const taken = all
      .filter((each) => isStep(each, step))
      .flatMap((happening) => this.attempts.take(from?.record, happening) ?? [])
      .filter(({ turn }) => turn.outcome.outcome === 'accepted');
    const chosen = taken.find(({ turn }) => !isSameState(turn.record, from?.record)) ?? taken[0];
    return chosen && visitedBy(chosen, from, this.traced);
  }

  #happeningsAt({ record }: Visited): Happening[] {
    return [
      ...Object.keys(this.definition.events).flatMap((type) => this.attempts.happenings(record, type)),
      ...dueTimers(record),
      ...this.attempts.results(record),
    ];
  }

  /** From all that were found and not walked on from yet. */
  walkOn(): void {
    const { visitedMax, turnsMax, depthMax } = this.limits;
    const { visited } = this.frontier;
    for (
      ;
      this.#next < Math.min(visited.length, visitedMax) && this.attempts.count < turnsMax;
      this.#next++
    ) {
      const from = visited[this.#next];
      if (from === undefined) return;
      if (from.depth >= depthMax) this.cut.add(`no way is followed beyond ${depthMax} steps`);
      else this.#expand(from);
    }
  }

  /** Says how many a limit has left. */
  noteLeft(): void {
    const { length } = this.frontier.visited;
    const left = length - this.#next;
    if (left === 0) return;
    const limit = this.#next >= this.limits.visitedMax ? 'visitedMax' : 'turnsMax';
    this.cut.add(`${left} of ${length} records were not walked on from (${limit})`);
  }

  #expand(from: Visited): void {
    const { record } = from;
    for (const type of Object.keys(this.definition.events)) {
      this.#tryAll(from, this.attempts.happenings(record, type));
    }
    this.#tryAll(from, [...dueTimers(record), ...this.attempts.results(record)]);
  }

  /** Of payloads that lead to the same, the first one is walked on from, and the last one played too. */
  #tryAll(from: Visited, all: readonly Happening[]): void {
    const ends = new Map<string, { first: Taken; last: Taken }>();
    for (const happening of all) {
      const taken = this.attempts.take(from.record, happening);
      if (taken === undefined) continue;
      this.#tried(from, taken);
      if (taken.turn.outcome.outcome !== 'accepted') continue;
      const name = `${happening.name} ${taken.trace.taken.join()}`;
      ends.set(name, { first: ends.get(name)?.first ?? taken, last: taken });
    }
    for (const [name, { first, last }] of ends) {
      const where = `${JSON.stringify(from.record.snapshot.value)} ${name}`;
      if (first === last || this.#varied.has(where)) continue;
      this.#varied.add(where);
      const end = visitedBy(last, from, this.traced);
      if (end !== undefined) this.frontier.addEnd(end);
    }
  }

  #tried(from: Visited, taken: Taken): void {
    const { happening, turn } = taken;
    const { outcome } = turn;
    if (outcome.outcome === 'accepted') this.frontier.arrive(from, taken);
    if (outcome.outcome !== 'refused') return;
    const { reason } = outcome;
    const isSpent = turn.record !== from.record;
    if (reason === 'invalid') {
      this.attempts.problems.add(`event ${happening.name}: an example does not fit its schema`);
    } else if (isSpent) {
      this.frontier.arrive(from, taken);
    } else if (
      !from.refusals.some((each) => each.happening.name === happening.name && each.reason === reason)
    ) {
      from.refusals.push({ happening, reason });
    }
  }
}
