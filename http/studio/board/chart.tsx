/** Lines over time, drawn by uPlot, with a table of the same beside them. */
import { useEffect, useRef } from 'react';
import Plot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { Table } from '../table.tsx';

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly show: (value: number) => string;
}

/** Told apart by colour and by how they are dashed. */
const strokes = [
  ['--accent', []],
  ['--good', [8, 4]],
  ['--alarm', [2, 3]],
  ['--text', [12, 3, 2, 3]],
  ['--quiet', [4, 4]],
  ['--accent', [2, 6]],
  ['--good', [2, 2]],
] as const;
const height = 220;
/** Pixels from one time to the next: `12:45 PM` and a gap. */
const timeSpace = 80;
/** Nothing that is counted here has halves. */
const whole = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** power)).flat();

export function Chart({ title, times, lines, show }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const names = lines.map(({ name }) => name).join('\n');
  const isEmpty = lines.every(({ values }) => values.every((value) => value === null));
  const plot = useRef<Plot>(null);
  const data = useRef<Plot.AlignedData>([[]]);

  useEffect(() => {
    data.current = [times, ...lines.map(({ values }) => values)] as Plot.AlignedData;
    plot.current?.setData(data.current);
  }, [times, lines]);

  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    return draw(element, () => {
      const options = optionsOf(element, { names: names.split('\n'), show });
      plot.current = new Plot(options, data.current, element);
      return plot.current;
    });
  }, [names, show]);

  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      {isEmpty && <p className="quiet">Nothing yet in this time.</p>}
      <div ref={holder} hidden={isEmpty} aria-hidden="true" />
      <Twin title={title} times={times} lines={lines} show={show} />
    </figure>
  );
}

/** Again whenever the width or the colours are others. Undone by what it returns. */
function draw(element: HTMLElement, make: () => Plot): () => void {
  let plot = make();
  const redraw = (): void => {
    plot.destroy();
    plot = make();
  };
  const resizing = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
  const theming = new MutationObserver(redraw);
  const colours = matchMedia('(prefers-color-scheme: dark)');
  resizing.observe(element);
  theming.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  colours.addEventListener('change', redraw);
  return () => {
    resizing.disconnect();
    theming.disconnect();
    colours.removeEventListener('change', redraw);
    plot.destroy();
  };
}

/** The latest dozen: the picture has them all. */
function Twin({ title, times, lines, show }: Props) {
  const rows = times.map((time, index) => ({ time, index })).slice(-12);
  return (
    <details>
      <summary>As a table</summary>
      <Table label={title}>
        <thead>
          <tr>
            <th scope="col">From</th>
            {lines.map(({ name }) => (
              <th key={name} scope="col" className="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.toReversed().map(({ time, index }) => (
            <tr key={time}>
              <th scope="row">{clock(time)}</th>
              {lines.map(({ name, values }) => (
                <td key={name} className="number">
                  {shown(values[index], show)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </details>
  );
}

function shown(value: number | null | undefined, show: Props['show']): string {
  return value === null || value === undefined ? '–' : show(value);
}

function clock(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

interface Drawing {
  readonly names: readonly string[];
  readonly show: Props['show'];
}

function optionsOf(element: HTMLElement, { names, show }: Drawing): Plot.Options {
  const colour = (name: string): string => coloured(element, name);
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 0.5 },
    ticks: { stroke: colour('--line'), width: 0.5 },
  };
  return {
    width: element.clientWidth,
    height,
    padding: [null, timeSpace / 2, null, null],
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, space: timeSpace, values: (_, ticks) => ticks.map(clock) },
      { ...axis, size: 70, incrs: [...whole], values: (_, ticks) => ticks.map(show) },
    ],
    series: [
      { value: (_, time: number | null) => (time === null ? '' : clock(time)) },
      ...names.map((label, index) => {
        const [name, dash] = strokes[index % strokes.length] ?? strokes[0];
        return {
          label,
          stroke: colour(name),
          width: 1.5,
          dash: [...dash],
          // A line needs two: what has no neighbours is a dot.
          points: {
            show: false,
            size: 6,
            fill: colour(name),
            filter: (plot: Plot, series: number) => loneIn(plot.data[series] ?? []),
          },
          spanGaps: false,
          value: (_: Plot, value: number | null) => shown(value, show),
        };
      }),
    ],
  };
}

/** Places of values without a neighbour, which no line leads to. */
function loneIn(values: ArrayLike<number | null | undefined>): number[] {
  const isThere = (index: number): boolean => typeof values[index] === 'number';
  return Array.from(values, (_, index) => index).filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  );
}

/** A canvas knows no variables, and no `light-dark()`. */
function coloured(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
