/**
 * Walks the configurations that a chart can be in, with the pure turn. What comes out are the shortest ways to
 * every configuration, transition and pair of transitions, and what each configuration refuses.
 */
import type { ActorDefinition } from '../../runtime/definition.ts';
import { leads } from './leads.ts';
import { missing, type Reached } from './reached.ts';
import { repeatEvents } from './repetition.ts';
import type { Traced } from './traced.ts';
import type { Visited } from './visited.ts';
import { defaultLimits, type Limits } from './walk-limits.ts';
import { Walker } from './walker.ts';

export interface Walk {
  readonly definition: ActorDefinition;
  /** The definitions that it runs with. */
  readonly others: readonly ActorDefinition[];
  readonly traced: Traced;
  /** Every configuration, by its shortest way. */
  readonly visited: readonly Visited[];
  /** The shortest ways to transitions and pairs that lead to nothing new. */
  readonly ends: readonly Visited[];
  readonly reached: Reached;
  /** What was left out, in words: where a limit ended the walk, and what a play does not compare. */
  readonly cut: readonly string[];
  /** What is wrong with the definition: events without payload, charts that fail. */
  readonly problems: readonly string[];
  readonly turns: number;
}

/** `all` are the definitions that it runs with: its messages are parsed with their schemas. */
export function walk(
  definition: ActorDefinition,
  all: readonly ActorDefinition[],
  given: Partial<Limits> = {},
): Walk {
  const limits = { ...defaultLimits, ...given };
  const others = all.filter(({ kind }) => kind !== definition.kind);
  const walker = new Walker({ definition, others, limits });
  const { traced, attempts, frontier, reached, cut } = walker;
  walker.begin();
  walker.follow(leads[definition.kind] ?? []);
  walker.walkOn();
  if (missing(reached, traced.edges).length > 0 && attempts.count < limits.turnsMax) {
    repeatEvents(walker);
    walker.walkOn();
  }
  walker.noteLeft();
  const { visited, ends } = frontier;
  const problems = [...attempts.problems];
  return {
    definition,
    others,
    traced,
    visited,
    ends,
    reached,
    cut: [...cut],
    problems,
    turns: attempts.count,
  };
}
