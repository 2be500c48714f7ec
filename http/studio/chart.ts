/** The chart of a machine, read for tables and diagrams. */
import type { ChartState, ChartTransition, Machine } from './api.ts';

export interface Way {
  readonly event: string;
  readonly guard?: string;
  readonly targets: readonly string[];
}

export function statesOf({ states = [] }: Pick<Machine, 'states'>): readonly ChartState[] {
  return states.flatMap((state) => [state, ...statesOf(state)]);
}

/** All ways out of a state, and what it takes without leaving. */
export function waysOf({
  on = {},
  after = [],
  always = [],
  done = [],
  invoke = [],
}: Partial<ChartState>): Way[] {
  const named = (event: string, list: readonly ChartTransition[] = []): Way[] =>
    list.map(({ target = [], guard }) => ({
      event,
      targets: target,
      ...(guard === undefined ? {} : { guard }),
    }));
  return [
    ...Object.entries(on).flatMap(([event, list]) => named(event, list)),
    ...after.flatMap(({ delay, ...transition }) => named(`after ${delay}`, [transition])),
    ...named('always', always),
    ...named('done', done),
    ...invoke.flatMap(({ source, done: ended, error }) => [
      ...named(`${source} done`, ended),
      ...named(`${source} failed`, error),
    ]),
  ];
}

/** The leaves of a state value, as dotted paths, and all states around them. */
export function pathsIn(value: unknown, prefix = ''): string[] {
  if (typeof value === 'string') return [prefix + value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => [
    prefix + key,
    ...pathsIn(below, `${prefix}${key}.`),
  ]);
}

/** One state in words: its leaves, without what they have in common. */
export function stateWords(value: unknown): string {
  const paths = pathsIn(value);
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`))).join(', ');
}
