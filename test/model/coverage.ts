/** What a walk has reached of a chart, what not and why, and what was played of it. */
import { pairsIn } from './pairs.ts';
import type { Played } from './play.ts';
import type { Edge } from './traced.ts';
import type { Walk } from './walk.ts';

/** Reached, of how many. */
export type Share = readonly [number, number];

export interface Coverage {
  readonly kind: string;
  readonly configurations: number;
  readonly states: Share;
  readonly transitions: Share;
  /** Pairs of transitions, one right after the other; possible is what starts in a state that is active there. */
  readonly pairs: Share;
  /** How many were not found, and the first of them by name. */
  readonly pairsMissing: { readonly count: number; readonly named: readonly string[] };
  /** Each guard of a transition, passed and refused. */
  readonly guards: Share;
  readonly guardsMissing: readonly string[];
  /** Of configurations, events that they do not take. */
  readonly refusals: number;
  readonly turns: number;
  readonly depth: number;
  readonly cut: readonly string[];
  readonly excused: Readonly<Record<string, string>>;
}

/** More of them would bury the rest of the report. */
const pairsNamedMax = 50;

export function coverageOf(walk: Walk): Coverage {
  const { traced, reached, visited, ends, definition } = walk;
  const guards = traced.edges
    .filter(({ guard }) => guard !== undefined)
    .flatMap(({ id }) => [`${id} passed`, `${id} refused`]);
  const { found, possible, missing } = pairsIn(walk);
  const first = visited.filter(({ isFirst }) => isFirst);
  return {
    kind: definition.kind,
    configurations: first.length,
    states: [traced.states.filter((state) => reached.states.has(state)).length, traced.states.length],
    transitions: [traced.edges.filter(({ id }) => reached.transitions.has(id)).length, traced.edges.length],
    pairs: [found, possible],
    pairsMissing: { count: missing.length, named: missing.slice(0, pairsNamedMax) },
    guards: [guards.filter((guard) => reached.guards.has(guard)).length, guards.length],
    guardsMissing: guards.filter((guard) => !reached.guards.has(guard)),
    refusals: first.reduce((sum, { refusals }) => sum + refusals.length, 0),
    turns: walk.turns,
    depth: [...visited, ...ends].reduce((depth, each) => Math.max(depth, each.depth), 0),
    cut: walk.cut,
    excused: definition.unreached ?? {},
  };
}

/** Why the walk is not good enough, each naming the place; none: every state and transition was reached. */
export function failuresOf(walk: Walk): string[] {
  const { traced, reached, definition, problems } = walk;
  const excused = Object.keys(definition.unreached ?? {});
  const states = traced.states.filter((state) => !reached.states.has(state));
  const edges = traced.edges.filter(({ id }) => !reached.transitions.has(id));
  const isUsed = (name: string): boolean =>
    states.includes(name) || edges.some((edge) => namesOf(edge).includes(name));
  return [
    ...problems,
    ...states
      .filter((state) => !excused.some((name) => isInside(state, name)))
      .map((state) => `state ${state} was not reached`),
    ...edges
      .filter((edge) => !excused.some((name) => namesOf(edge).includes(name) || isInside(edge.state, name)))
      .map((edge) => `transition ${edge.id} was not reached${reasonOf(edge, walk)}`),
    ...excused
      .filter((name) => !isUsed(name))
      .map((name) => `unreached names ${name}, which is reached, or is no state or transition`),
  ].map((text) => `${definition.kind}: ${text}`);
}

function isInside(state: string, name: string): boolean {
  return `${state}.`.startsWith(`${name}.`);
}

/** With its targets and without. */
function namesOf({ id }: Edge): string[] {
  return [id, id.split(' → ')[0] ?? id];
}

function reasonOf({ state, guard, id, on }: Edge, { reached }: Walk): string {
  if (state !== '' && !reached.states.has(state)) return `: nothing leads to ${state}`;
  if (guard === undefined || reached.guards.has(`${id} passed`)) return '';
  if (!reached.guards.has(`${id} refused`)) return `: its guard ${guard} was never asked`;
  return `: nothing that was tried for ${on} passes its guard ${guard}; give it examples`;
}

/** One line of the report for each definition. */
export interface Row extends Coverage {
  readonly played: Readonly<Record<string, PlayedRow>>;
}

export interface PlayedRow {
  readonly actors: number;
  readonly steps: number;
  readonly refusals: number;
  readonly forbidden: number;
  readonly configurations: number;
  readonly states: number;
  readonly transitions: number;
  readonly pairs: number;
  readonly differences: readonly string[];
  readonly seconds: number;
}

export function playedRow(played: Played, seconds: number): PlayedRow {
  const { states, transitions, pairs, ...rest } = played;
  return { ...rest, states: states.size, transitions: transitions.size, pairs: pairs.size, seconds };
}

/** A line for each chart, and below them the pairs that are missing. */
export function tableOf(rows: readonly Row[]): string {
  return [linesOf(rows), ...rows.flatMap(missingOf)].join('\n');
}

function missingOf({ kind, pairsMissing: { count, named } }: Row): string[] {
  if (count === 0) return [];
  const more = count > named.length ? [`  and ${count - named.length} more`] : [];
  return ['', `${kind}: ${count} pairs were not found`, ...named.map((pair) => `  ${pair}`), ...more];
}

function linesOf(rows: readonly Row[]): string {
  const head = [
    'chart',
    'configurations',
    'states',
    'transitions',
    'pairs',
    'guards',
    'refusals',
    'played',
    'cut',
  ];
  const lines = rows.map((row) => [
    row.kind,
    String(row.configurations),
    row.states.join('/'),
    row.transitions.join('/'),
    row.pairs.join('/'),
    row.guards.join('/'),
    String(row.refusals),
    Object.entries(row.played)
      .map(
        ([name, { steps, refusals, pairs }]) =>
          `${name}: ${steps} steps, ${pairs} pairs, ${refusals} refusals`,
      )
      .join('; '),
    row.cut.join('; ') || 'nothing',
  ]);
  const widths = head.map((title, index) =>
    Math.max(title.length, ...lines.map((line) => line[index]?.length ?? 0)),
  );
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
