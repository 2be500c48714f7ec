/**
 * The picture of a chart, as the server draws it, with what the page has to say about its states. A state is
 * reached with the pointer, or from the keyboard: one stop, and arrow keys from state to state.
 */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { getText } from './api.ts';
import { useResource } from './use-resource.ts';

export interface Note {
  /** In the row that each state has free. */
  readonly text: string;
  /** Marked by a pattern as well as by words. */
  readonly isAlarming: boolean;
}

interface PictureProps {
  readonly label: string;
  readonly notes?: ReadonlyMap<string, Note>;
  /** States that an actor is in, and those that it has been in. */
  readonly present?: ReadonlySet<string>;
  readonly visited?: ReadonlySet<string>;
  /** Classes for what is different: of states by their path, and of transitions by `markOf`. */
  readonly marks?: ReadonlyMap<string, string>;
  readonly chosen?: string | undefined;
  /** Brought into sight. */
  readonly focus?: string | undefined;
  readonly onChoose: (state: string) => void;
}

/** What can be read without effort; a larger chart is scrolled. */
const readable = 0.75;
const zooms = [0.25, 0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.5];

/** As the server draws the chart that runs. */
export function Diagram({ machine, ...props }: Omit<PictureProps, 'svg'> & { readonly machine: string }) {
  const { value, problem } = useResource(machine, (signal) =>
    getText(`/machines/${machine}.svg?figures`, { signal }),
  );
  if (value !== undefined) return <Picture {...props} svg={value} />;
  return problem === undefined ? (
    <p className="quiet">Drawing the chart…</p>
  ) : (
    <p role="alert">{problem.detail}</p>
  );
}

export function Picture(props: PictureProps & { readonly svg: string }) {
  const { svg: text, label, chosen, focus = chosen, onChoose } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState<number | 'fit' | 'read'>('read');

  useEffect(() => {
    const holder = frame.current;
    if (holder === null) return;
    const svg = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    holder.replaceChildren(document.importNode(svg, true));
  }, [text]);

  useEffect(() => {
    const svg = frame.current?.querySelector('svg');
    if (svg !== null && svg !== undefined) decorate(svg, props);
  });

  useEffect(() => {
    const svg = frame.current?.querySelector('svg');
    if (svg === null || svg === undefined || frame.current === null) return;
    const { width } = svg.viewBox.baseVal;
    const fit = Math.min(1, frame.current.clientWidth / width);
    const scale = zoom === 'fit' ? fit : zoom === 'read' ? Math.max(readable, fit) : zoom;
    svg.setAttribute('width', String(width * scale));
    svg.removeAttribute('height');
  }, [zoom, text]);

  useEffect(() => {
    if (focus !== undefined) show(frame.current, focus);
  }, [focus, text, zoom]);

  function step(by: number): void {
    const svg = frame.current?.querySelector('svg');
    const now = (svg?.clientWidth ?? 1) / (svg?.viewBox.baseVal.width ?? 1);
    const next =
      by > 0 ? zooms.find((each) => each > now + 0.01) : zooms.findLast((each) => each < now - 0.01);
    if (next !== undefined) setZoom(next);
  }

  function walk(event: KeyboardEvent): void {
    const to = frame.current === null ? undefined : neighbour(frame.current, chosen, event.key);
    if (to === undefined) return;
    event.preventDefault();
    onChoose(to);
  }

  return (
    <figure className="diagram-figure">
      <Tools onStep={step} onFit={() => setZoom('fit')} />
      {/* The table has all of it for those who cannot see the picture; this is one stop for the keyboard. */}
      <div
        ref={frame}
        className="diagram-frame"
        tabIndex={0}
        role="application"
        aria-label={`${label}. Arrow keys go from state to state; the table below has the same.`}
        onKeyDown={walk}
        onClick={({ target }) => {
          const state = (target as Element).closest('[data-state]')?.getAttribute('data-state');
          if (state !== null && state !== undefined && state !== '') onChoose(state);
        }}
      />
    </figure>
  );
}

function Tools({ onStep, onFit }: { readonly onStep: (by: number) => void; readonly onFit: () => void }) {
  return (
    <div className="tools" role="group" aria-label="Size of the picture">
      <button type="button" onClick={() => onStep(-1)} aria-label="Smaller">
        −
      </button>
      <button type="button" onClick={onFit}>
        Fit
      </button>
      <button type="button" onClick={() => onStep(1)} aria-label="Larger">
        +
      </button>
    </div>
  );
}

/** Scrolls the picture, and not the page. */
function show(frame: Element | null, state: string): void {
  const group = frame?.querySelector(`g.state[data-state="${CSS.escape(state)}"]`);
  if (frame === null || group === null || group === undefined) return;
  const box = group.getBoundingClientRect();
  const around = frame.getBoundingClientRect();
  // Of one that is larger than the frame the beginning is enough.
  const isSeen =
    box.top >= around.top &&
    box.left >= around.left &&
    Math.min(box.bottom, box.top + around.height) <= around.bottom &&
    Math.min(box.right, box.left + around.width) <= around.right;
  if (isSeen) return;
  frame.scrollBy({
    top: box.top - around.top - around.height / 3,
    left: box.left - around.left - around.width / 3,
  });
}

/** What a transition is marked by: the same however often its text stands there. */
export function markOf(
  state: string,
  { event = '', guard = '', target = [] }: { event?: string; guard?: string; target?: readonly string[] },
): string {
  return `${state} ${event} [${guard}] ${target.join(' ')}`;
}

const markClasses = ['added', 'removed', 'changed'];

function mark(svg: SVGSVGElement, marks: ReadonlyMap<string, string>): void {
  for (const group of svg.querySelectorAll<SVGGElement>('g.state, g.transition')) {
    const { state, from = '', to, event, guard } = group.dataset;
    const target = to === undefined ? [] : [to];
    const name = state ?? markOf(from, { event: event ?? '', guard: guard ?? '', target });
    for (const each of markClasses) group.classList.toggle(each, marks.get(name) === each);
  }
}

function decorate(svg: SVGSVGElement, { notes, present, visited, chosen, marks }: PictureProps): void {
  if (marks !== undefined) mark(svg, marks);
  for (const group of svg.querySelectorAll<SVGGElement>('g.state')) {
    const state = group.dataset['state'] ?? '';
    group.classList.toggle('chosen', state === chosen);
    group.classList.toggle('present', present?.has(state) === true);
    group.classList.toggle('visited', visited?.has(state) === true);
    group.classList.toggle('alarming', notes?.get(state)?.isAlarming === true);
  }
  for (const row of svg.querySelectorAll<SVGRectElement>('rect.figures')) write(row, notes);
}

function write(row: SVGRectElement, notes: PictureProps['notes']): void {
  const text = notes?.get(row.dataset['state'] ?? '')?.text ?? '';
  let label = row.nextElementSibling;
  if (label === null || !label.classList.contains('note')) {
    label = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    label.classList.add('note');
    label.setAttribute('x', String(row.x.baseVal.value));
    label.setAttribute('y', String(row.y.baseVal.value + 14));
    row.after(label);
  }
  if (label.textContent !== text) label.textContent = text;
}

/** The nearest state in the direction of the key. */
function neighbour(frame: Element, from: string | undefined, key: string): string | undefined {
  const direction = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (direction === undefined) return undefined;
  const groups = [...frame.querySelectorAll<SVGGElement>('g.state')];
  // A box with others in it is there twice: its frame, and its text on top.
  const byState = new Map(groups.toReversed().map((group) => [group.dataset['state'] ?? '', group]));
  byState.delete('');
  const centres = [...byState].map(([state, group]) => ({ state, ...centreOf(group) }));
  const start = centres.find(({ state }) => state === from);
  if (start === undefined) return centres.at(-1)?.state;
  const [dx = 0, dy = 0] = direction;
  const ahead = centres
    .map(({ state, x, y }) => {
      const along = (x - start.x) * dx + (y - start.y) * dy;
      const across = Math.abs((x - start.x) * dy) + Math.abs((y - start.y) * dx);
      return { state, along, cost: along + 2 * across };
    })
    .filter(({ state, along }) => state !== from && along > 1);
  return ahead.sort((one, other) => one.cost - other.cost)[0]?.state;
}

function centreOf(group: SVGGElement): { x: number; y: number } {
  const { left, top, width } = group.getBoundingClientRect();
  return { x: left + width / 2, y: top };
}
