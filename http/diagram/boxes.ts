/**
 * What there is to draw: a box for each state, an arrow for each pair of states between which something leads.
 * What happens in a state without leaving it stands as lines in its box, as UML has it.
 */
import { transitionsOf, type Chart, type ChartState, type NamedTransition } from '../chart.ts';
import { widthOf, wrap, type Face } from './text.ts';

export interface Box {
  /** The state's dotted path; empty: the chart. */
  readonly id: string;
  readonly type: ChartState['type'];
  readonly name: string;
  readonly description?: string;
  readonly about: readonly string[];
  /** What runs while an actor is here. */
  readonly activities: readonly string[];
  readonly inner: readonly Label[];
  /** Those two stand in columns of so many lines. */
  readonly rows: number;
  readonly columnWidth: number;
  readonly boxes: readonly Box[];
  /** The id of the state that it begins in. */
  readonly initial?: string;
  /** Least size in pixels; `head` is the height of its text, figures included. */
  readonly width: number;
  readonly head: number;
  readonly hasFigures: boolean;
}

/** One transition. */
export interface Label {
  readonly event: string;
  readonly guard?: string;
  readonly description?: string;
  readonly lines: readonly string[];
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly labels: readonly Label[];
  readonly width: number;
  readonly height: number;
}

export interface Sketch {
  readonly root: Box;
  readonly arrows: readonly Arrow[];
}

export interface SketchOptions {
  /** What the chart is called. */
  readonly name: string;
  /** Leaves a row for numbers in every state. */
  readonly figures: boolean;
}

export const faces = {
  name: { size: 13, weight: 'bold' },
  about: { size: 11, weight: 'regular' },
  label: { size: 11, weight: 'regular' },
} as const satisfies Record<string, Face>;

/** Pixels. */
export const measures = {
  pad: 10,
  nameLine: 18,
  line: 14,
  /** Between the text and what is listed below it. */
  gap: 6,
  figures: 20,
  boxMin: 110,
  figuresMin: 150,
  textMost: 200,
  labelMost: 210,
  /** Lines of a column in a box that has others in it, and so is wide anyway. */
  rowsMost: 6,
  columnsMost: 4,
  betweenColumns: 20,
} as const;

export function sketch({ root, states }: Chart, options: SketchOptions): Sketch {
  const whole = { ...root, key: options.name };
  return { root: boxOf(whole, options), arrows: [whole, ...states].flatMap(arrowsFrom) };
}

function boxOf(state: ChartState, options: SketchOptions): Box {
  const boxes = (state.states ?? []).map((child) => boxOf(child, options));
  const about = wrap(state.description ?? '', faces.about, measures.textMost * (boxes.length > 0 ? 2 : 1));
  const activities = (state.invoke ?? []).map(({ source }) => `runs ${source}`);
  const inner = transitionsOf(state)
    .filter(({ target }) => target.length === 0)
    .map(labelOf);
  const listed = columnsOf([...activities, ...inner.flatMap(({ lines }) => lines)], boxes.length > 0);
  const textWidths = [widthOf(state.key, faces.name), ...about.map((text) => widthOf(text, faces.about))];
  const hasFigures = options.figures && state.id !== '';
  const { initial, description } = state;
  return {
    ...{ id: state.id, type: state.type, name: state.key, about, activities, inner, boxes, hasFigures },
    ...{ rows: listed.rows, columnWidth: listed.columnWidth },
    ...(description === undefined ? {} : { description }),
    // A parallel state begins in all of its regions.
    ...(initial === undefined || state.type === 'parallel' ? {} : { initial }),
    width: Math.max(
      hasFigures ? measures.figuresMin : measures.boxMin,
      Math.max(listed.width, ...textWidths) + 2 * measures.pad,
    ),
    head: headHeight(about.length, listed.rows, hasFigures),
  };
}

function headHeight(aboutLines: number, rows: number, hasFigures: boolean): number {
  const { pad, nameLine, line, gap, figures } = measures;
  const list = rows === 0 ? 0 : gap + rows * line;
  return 2 * pad + nameLine + aboutLines * line + list + (hasFigures ? gap + figures : 0);
}

function columnsOf(
  lines: readonly string[],
  isOuter: boolean,
): { rows: number; columnWidth: number; width: number } {
  const { rowsMost, columnsMost, betweenColumns } = measures;
  if (lines.length === 0) return { rows: 0, columnWidth: 0, width: 0 };
  const columns = isOuter ? Math.min(columnsMost, Math.ceil(lines.length / rowsMost)) : 1;
  const rows = Math.ceil(lines.length / columns);
  const columnWidth = Math.max(...lines.map((text) => widthOf(text, faces.label))) + betweenColumns;
  return { rows, columnWidth, width: columns * columnWidth - betweenColumns };
}

function arrowsFrom(state: ChartState): Arrow[] {
  const byTarget = new Map<string, NamedTransition[]>();
  for (const transition of transitionsOf(state)) {
    for (const to of transition.target) byTarget.set(to, [...(byTarget.get(to) ?? []), transition]);
  }
  return [...byTarget].map(([to, transitions]) => {
    const labels = transitions.map(labelOf);
    const lines = labels.flatMap((label) => label.lines);
    return {
      from: state.id,
      to,
      labels,
      width: Math.max(...lines.map((text) => widthOf(text, faces.label))),
      height: lines.length * measures.line,
    };
  });
}

function labelOf({ event, guard, description }: NamedTransition): Label {
  const text = guard === undefined ? event : `${event} [${guard}]`;
  return {
    event,
    ...(guard === undefined ? {} : { guard }),
    ...(description === undefined ? {} : { description }),
    lines: wrap(text, faces.label, measures.labelMost),
  };
}
