/**
 * A chart as a Mermaid `stateDiagram-v2`. The same chart gives the same text.
 *
 * Mermaid cannot draw an arrow from a composite state into itself. What any state inside a composite may do
 * without leaving it therefore starts at a mark of its own in there, named *any*.
 */
import type { Chart, ChartState, ChartTransition } from './chart.ts';

export function mermaidOf(name: string, { root }: Chart): string {
  const whole = { ...root, key: name };
  // Mermaid draws regions only inside a composite, and one composite less draws better.
  const lines = root.type === 'compound' ? children(whole, 1) : stateLines(whole, 1);
  return ['stateDiagram-v2', ...lines, ''].join('\n');
}

interface Edge {
  readonly label: string;
  readonly transition: ChartTransition;
}

function stateLines(state: ChartState, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const declared = `${indent}state "${escape(state.key)}" as ${idOf(state.id)}`;
  if (state.states === undefined) return [declared, ...leafLines(state, indent)];
  const inside = state.type === 'parallel' ? regions(state, depth + 1) : children(state, depth + 1);
  return [
    `${declared} {`,
    ...inside,
    `${indent}}`,
    ...leaving(state).flatMap((edge) => arrows(edge, idOf(state.id), indent)),
  ];
}

function leafLines(state: ChartState, indent: string): string[] {
  const id = idOf(state.id);
  const end = state.type === 'final' ? [`${indent}${id} --> [*]`] : [];
  return [...edgesOf(state).flatMap((edge) => arrows(edge, id, indent)), ...end];
}

function children(state: ChartState, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const initial = state.initial === undefined ? [] : [`${indent}[*] --> ${idOf(state.initial)}`];
  return [
    ...initial,
    ...(state.states ?? []).flatMap((child) => stateLines(child, depth)),
    ...anyLines(state, indent),
  ];
}

function regions(state: ChartState, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const each = (state.states ?? []).map((child) => stateLines(child, depth));
  const any = anyLines(state, indent);
  if (any.length > 0) each.push(any);
  return each.flatMap((lines, index) => (index === 0 ? lines : [`${indent}--`, ...lines]));
}

function anyLines(state: ChartState, indent: string): string[] {
  const id = `${idOf(state.id)}_any`;
  const staying = edgesOf(state).filter((edge) => stays(state, edge));
  if (staying.length === 0) return [];
  return [`${indent}state "any" as ${id}`, ...staying.flatMap((edge) => arrows(edge, id, indent))];
}

function leaving(state: ChartState): Edge[] {
  return edgesOf(state).filter((edge) => !stays(state, edge));
}

/** No target, or one inside. */
function stays({ id }: ChartState, { transition: { target } }: Edge): boolean {
  return (
    target === undefined || target.every((each) => id === '' || each === id || each.startsWith(`${id}.`))
  );
}

function edgesOf({ on = {}, after = [], always = [], done = [], invoke = [] }: ChartState): Edge[] {
  const labelled = (label: string, transitions: readonly ChartTransition[] = []): Edge[] =>
    transitions.map((transition) => ({ label, transition }));
  return [
    ...Object.entries(on).flatMap(([event, transitions]) => labelled(event, transitions)),
    ...after.flatMap((transition) => labelled(`after ${transition.delay}`, [transition])),
    ...labelled('always', always),
    ...labelled('done', done),
    ...invoke.flatMap(({ source, done: succeeded, error }) => [
      ...labelled(`${source} done`, succeeded),
      ...labelled(`${source} failed`, error),
    ]),
  ];
}

function arrows({ label, transition: { target, guard } }: Edge, from: string, indent: string): string[] {
  const text = escape(guard === undefined ? label : `${label} [${guard}]`);
  const to =
    target === undefined ? [from] : target.map((id) => (from === `${idOf(id)}_any` ? from : idOf(id)));
  return to.map((id) => `${indent}${from} --> ${id} : ${text}`);
}

/** Unique for every path, and none of Mermaid's own words: letters, digits, and what begins with `_`. */
function idOf(path: string): string {
  const id = path.replace(/[^A-Za-z0-9]/g, (sign) =>
    sign === '.' ? '__' : `_${sign.charCodeAt(0).toString(16)}_`,
  );
  return `s_${id}`;
}

/** As Mermaid's entities: a colon, a semicolon or a quote would end the text. */
function escape(text: string): string {
  return text.replace(/[^A-Za-z0-9 ._[\]()-]/gu, (sign) => `#${sign.codePointAt(0) ?? 0};`);
}
