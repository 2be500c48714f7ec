/**
 * Plays the ways of a walk on a stage, an actor for each way: many at the same time, each step by step. At
 * every configuration, the first actor there is also given all that is refused there. What is otherwise than
 * the chart says is written down, and that way ends.
 */
import { createRegistry } from '../../runtime/core/registry.ts';
import { Partners } from './partners.ts';
import { checkJournal, enter, type PlayedActor } from './played-actor.ts';
import { tryRefusals } from './refusals.ts';
import type { Stage } from './stage.ts';
import { pass, step } from './step.ts';
import { pairsOf, wayTo, type Visited } from './visited.ts';
import type { Walk } from './walk.ts';
import { Wire } from './wire.ts';

export interface Played {
  readonly actors: number;
  readonly steps: number;
  readonly refusals: number;
  /** Commands of somebody without a role. */
  readonly forbidden: number;
  readonly configurations: number;
  readonly states: ReadonlySet<string>;
  readonly transitions: ReadonlySet<string>;
  readonly pairs: ReadonlySet<string>;
  /** What was otherwise than the chart says; none: all of it was played. */
  readonly differences: readonly string[];
}

export interface PlayOptions {
  /** Ways that are played at the same time. */
  readonly atOnce?: number;
  /** After so many, no more ways are begun. */
  readonly differencesMax?: number;
  /** See `waysOf`. */
  readonly reach?: Reach;
}

/** What ways are played. */
export interface Reach {
  /** Pairs of transitions are played as long as there are fewer steps. */
  readonly stepsMax?: number;
  /** Not those that lead to nothing but another configuration. */
  readonly fewConfigurations?: boolean;
}

export async function play(walk: Walk, stage: Stage, options: PlayOptions = {}): Promise<Played> {
  const { atOnce = 64, differencesMax = 20, reach = {} } = options;
  const playing = new Playing(walk, stage);
  const ways = waysOf(walk, reach);
  const left = ways.entries();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [index, way] of left) {
        if (playing.differences.length >= differencesMax) return;
        await playing.play(way, index);
      }
    }),
  );
  if (playing.differences.length === 0) await playing.checkPartners();
  return playing.result(ways.length);
}

/**
 * The longest ways that can be played: each has the shorter ones in it. All that lead to a state, a transition
 * or a configuration that those before do not; of the others, which lead to pairs of transitions, the first
 * ones, as long as there are fewer steps than `stepsMax`.
 */
export function waysOf(
  { visited, ends }: Pick<Walk, 'visited' | 'ends'>,
  { stepsMax = Infinity, fewConfigurations = false }: Reach = {},
): Visited[][] {
  const all = [...visited, ...ends].filter(({ isPlayable }) => isPlayable);
  const inner = new Set(all.map(({ before }) => before));
  const ways = all.filter((each) => !inner.has(each)).map(wayTo);
  const seen = new Set<unknown>();
  const needed = ways.filter((way) => {
    const size = seen.size;
    for (const each of way) {
      if (each.isFirst && !fewConfigurations) seen.add(each);
      for (const one of [...each.move.trace.entered, ...each.move.trace.taken]) seen.add(one);
    }
    return seen.size > size;
  });
  let left = stepsMax - sum(needed.map(({ length }) => length));
  const others = new Set(ways).difference(new Set(needed));
  return [...needed, ...[...others].filter(({ length }) => (left -= length) >= 0)];
}

/** What the ways of one play share, and what they add up to. */
class Playing {
  readonly differences: string[] = [];
  readonly #wire: Wire;
  readonly #partners: Partners;
  /** Steps that an actor was looked at after; others, whose ways begin alike, only pass through them. */
  readonly #looked = new Set<Visited>();
  readonly #actors: PlayedActor[] = [];
  #configurations = 0;
  readonly #seen = { states: new Set<string>(), transitions: new Set<string>(), pairs: new Set<string>() };

  constructor({ definition, others }: Walk, stage: Stage) {
    const partners = others.filter(({ kind }) => kind !== definition.kind);
    const kind = createRegistry([definition, ...partners]).get(definition.kind);
    if (kind === undefined) throw new Error('it was registered just now');
    this.#wire = new Wire(kind, stage);
    this.#partners = new Partners(partners, this.#wire);
  }

  async play(way: readonly Visited[], index: number): Promise<void> {
    const { definition } = this.#wire.kind;
    const actor = enter(definition, index);
    this.#actors.push(actor);
    const done: string[] = [];
    for (const visited of way) {
      done.push(visited.move.happening.name);
      const problem = await this.#visit(actor, visited).catch((error: unknown) => String(error));
      if (problem === undefined) continue;
      this.differences.push(`${actor.key} after ${done.join(', ')}: ${problem}`);
      return;
    }
    const read = () => this.#wire.history(actor);
    const problem = await checkJournal(actor, read).catch((error: unknown) => String(error));
    if (problem !== undefined) this.differences.push(`${actor.key} after ${done.join(', ')}: ${problem}`);
  }

  async checkPartners(): Promise<void> {
    this.differences.push(...(await this.#partners.check(this.#actors)));
  }

  result(actors: number): Played {
    return {
      actors,
      steps: sum(this.#actors.map(({ steps }) => steps)),
      refusals: sum(this.#actors.map(({ refusals }) => refusals)),
      forbidden: sum(this.#actors.map(({ forbidden }) => forbidden)),
      configurations: this.#configurations,
      ...this.#seen,
      differences: this.differences,
    };
  }

  /** One step, and whatever is to be tried there. A text says what is not as it should be. */
  async #visit(actor: PlayedActor, visited: Visited): Promise<string | undefined> {
    const place = { wire: this.#wire, partners: this.#partners };
    actor.steps += 1;
    if (this.#looked.has(visited)) return pass(place, actor, visited);
    this.#looked.add(visited);
    const problem = await step(place, actor, visited);
    if (problem !== undefined) return problem;
    this.#note(visited);
    if (!visited.isFirst) return undefined;
    this.#configurations += 1;
    return tryRefusals(this.#wire, actor, visited);
  }

  #note({ before, move: { trace } }: Visited): void {
    for (const state of trace.entered) this.#seen.states.add(state);
    for (const id of trace.taken) this.#seen.transitions.add(id);
    for (const pair of pairsOf(before, trace)) this.#seen.pairs.add(pair);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
