/**
 * A chart as a Mermaid `stateDiagram-v2`. The same chart gives the same text.
 *
 * Mermaid fails on some arrows that begin or end at a composite state inside another one, and cannot draw any
 * from a composite into itself. An arrow into a composite therefore ends where the composite begins, and one
 * that any state inside may take without leaving it starts at a mark of its own in there, named *any*. An
 * arrow stands in the innermost composite around both its ends: elsewhere Mermaid would move one of them.
 */
import { transitionsOf, type Chart, type ChartState } from '../chart.ts';

export function mermaidOf(name: string, { root, states }: Chart): string {
  const whole = { ...root, key: name };
  const byId = new Map([whole, ...states].map((state) => [state.id, state]));
  const chart: Drawing = { states: byId, arrows: new Map() };
  for (const state of byId.values()) placeArrows(chart, state);
  // Mermaid draws regions only inside a composite, and one composite less draws better.
  const lines = root.type === 'compound' ? children(chart, whole, 1) : stateLines(chart, whole, 1);
  const outermost = root.type === 'compound' ? [] : indented(chart.arrows.get('') ?? [], 1);
  return ['stateDiagram-v2', ...lines, ...outermost, ''].join('\n');
}

interface Drawing {
  readonly states: ReadonlyMap<string, ChartState>;
  /** By the id of the composite that they stand in. */
  readonly arrows: Map<string, string[]>;
}

function stateLines(chart: Drawing, state: ChartState, depth: number): string[] {
  const declared = `state "${escape(state.key)}" as ${idOf(state.id)}`;
  if (state.states === undefined) return indented([declared], depth);
  const inside = state.type === 'parallel' ? regions : children;
  return [
    ...indented([`${declared} {`], depth),
    ...inside(chart, state, depth + 1),
    ...indented(['}'], depth),
  ];
}

function children(chart: Drawing, state: ChartState, depth: number): string[] {
  const { id, initial, states = [] } = state;
  return [
    ...(initial === undefined ? [] : indented([`[*] --> ${idOf(entryOf(chart, initial))}`], depth)),
    ...states.flatMap((child) => stateLines(chart, child, depth)),
    ...indented(anyMark(chart, state), depth),
    ...indented(chart.arrows.get(id) ?? [], depth),
  ];
}

function regions(chart: Drawing, state: ChartState, depth: number): string[] {
  const each = (state.states ?? []).map((child) => stateLines(chart, child, depth));
  const any = anyMark(chart, state);
  if (any.length > 0) each.push(indented([...any, ...(chart.arrows.get(anyOf(state)) ?? [])], depth));
  return each.flatMap((lines, index) => (index === 0 ? lines : [...indented(['--'], depth), ...lines]));
}

function anyMark(chart: Drawing, state: ChartState): string[] {
  const isUsed = state.states !== undefined && arrowsOf(chart, state).some((arrow) => stays(state, arrow));
  return isUsed ? [`state "any" as ${anyOf(state)}`] : [];
}

interface Arrow {
  readonly label: string;
  /** Ids; none: it stays where it is. */
  readonly to: readonly string[];
}

function placeArrows(chart: Drawing, state: ChartState): void {
  const isLeaf = state.states === undefined;
  for (const arrow of arrowsOf(chart, state)) {
    const fromAny = !isLeaf && stays(state, arrow);
    const from = fromAny ? anyOf(state) : idOf(state.id);
    const container = fromAny ? state.id : parentOf(state.id);
    if (arrow.to.length === 0) {
      const place = fromAny && state.type === 'parallel' ? from : container;
      put(chart, place, `${from} --> ${from} : ${escape(arrow.label)}`);
    }
    for (const id of arrow.to) {
      put(chart, placeOf(chart, container, parentOf(id)), `${from} --> ${idOf(id)} : ${escape(arrow.label)}`);
    }
  }
  if (state.type === 'final') put(chart, parentOf(state.id), `${idOf(state.id)} --> [*]`);
}

function put({ arrows }: Drawing, place: string, line: string): void {
  arrows.set(place, [...(arrows.get(place) ?? []), line]);
}

/** The innermost composite around both that is one drawing, and not several regions. */
function placeOf(chart: Drawing, one: string, other: string): string {
  const isAround = other === one || one === '' || other.startsWith(`${one}.`);
  if (isAround && (one === '' || chart.states.get(one)?.type !== 'parallel')) return one;
  return placeOf(chart, parentOf(one), other);
}

function parentOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('.')));
}

function stays({ id }: ChartState, { to }: Arrow): boolean {
  return to.every((each) => id === '' || each === id || each.startsWith(`${id}.`));
}

/** Where one is after entering a state: a leaf, or a composite whose regions all begin. */
function entryOf(chart: Drawing, id: string): string {
  const initial = chart.states.get(id)?.initial;
  return initial === undefined ? id : entryOf(chart, initial);
}

function arrowsOf(chart: Drawing, state: ChartState): Arrow[] {
  return transitionsOf(state).map(({ event, guard, target }) => ({
    label: guard === undefined ? event : `${event} [${guard}]`,
    // A parallel state that enters itself again is drawn as one that stays.
    to: target.map((id) => entryOf(chart, id)).filter((id) => id !== state.id || state.states === undefined),
  }));
}

function indented(lines: readonly string[], depth: number): string[] {
  return lines.map((line) => '  '.repeat(depth) + line);
}

function anyOf({ id }: ChartState): string {
  return `${idOf(id)}_any`;
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
