/** The chart of a machine, read for tables and diagrams. */
import type { ChartState, Machine } from './api.ts';

export function statesOf({ states = [] }: Pick<Machine, 'states'>): readonly ChartState[] {
  return states.flatMap((state) => [state, ...statesOf(state)]);
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

/** The innermost states. */
export function leavesIn(value: unknown): string[] {
  const paths = pathsIn(value);
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)));
}

/** One state in words. */
export function stateWords(value: unknown): string {
  return leavesIn(value).join(', ');
}
