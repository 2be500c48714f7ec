/**
 * The picture as SVG. It has no script and loads nothing. A page that shows it inline finds each state by
 * `data-state` and each transition by `data-from`, `data-to` and `data-event`, and sets its own colours by class.
 */
import { faces, measures, type Box, type Label } from './boxes.ts';
import {
  markRadius,
  type Area,
  type Picture,
  type PlacedArrow,
  type PlacedBox,
  type Point,
} from './layout.ts';
import { lengthOf, type Face } from './text.ts';

/** Arial and those made to its measure; with any other the text is set as wide as this one would be. */
export const fontFamily = "Arial, Arimo, 'Liberation Sans', Helvetica, sans-serif";

const light = {
  paper: '#ffffff',
  box: '#ffffff',
  region: '#f5f7fa',
  line: '#566173',
  text: '#17202c',
  quiet: '#566173',
};
const dark = {
  paper: '#11151b',
  box: '#1d242e',
  region: '#161b22',
  line: '#93a1b5',
  text: '#e9edf3',
  quiet: '#a8b4c5',
};

const { pad, nameLine, line, gap } = measures;
const corner = 6;
/** Of an arrow's head, pixels. */
const headLength = 7;
const headHalf = 3.5;

export interface SvgOptions {
  readonly name: string;
  /** For a page that brings its own colours: no style of its own, no paper. */
  readonly bare: boolean;
}

export function svgOf({ width, height, boxes, arrows }: Picture, { name, bare }: SvgOptions): string {
  const size = `width="${short(width)}" height="${short(height)}" viewBox="0 0 ${short(width)} ${short(height)}"`;
  const style = `<style>@media (prefers-color-scheme: dark) { ${darkRules} }</style>`;
  const paper = `<rect class="paper" width="100%" height="100%" fill="${light.paper}"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="diagram" ${size} role="img" font-family="${fontFamily}">`,
    `<title>${escape(`The chart of ${name}`)}</title>`,
    ...(bare ? [] : [style, paper]),
    ...boxes.map(boxSvg),
    ...arrows.map(arrowSvg),
    ...boxes.filter(({ box }) => box.boxes.length > 0).map(headOnTop),
    '</svg>',
    '',
  ].join('\n');
}

const darkRules = [
  `.paper { fill: ${dark.paper} }`,
  `.box { fill: ${dark.box}; stroke: ${dark.line} }`,
  `.region { fill: ${dark.region} }`,
  '.back { stroke: none }',
  `.rule, .line { stroke: ${dark.line} }`,
  `.head, .start { fill: ${dark.line} }`,
  `.name, .event { fill: ${dark.text} }`,
  `.about { fill: ${dark.quiet} }`,
].join(' ');

function boxSvg(placed: PlacedBox): string {
  const { box, start } = placed;
  const about = box.description === undefined ? box.name : `${box.name}: ${box.description}`;
  const isOuter = box.boxes.length > 0;
  return [
    `<g class="state ${box.type}" data-state="${escape(box.id)}">`,
    `<title>${escape(about)}</title>`,
    frame(placed),
    ...(isOuter ? [rule(placed, placed.y + box.head)] : textOf(placed)),
    ...(start === undefined ? [] : [startSvg(start)]),
    '</g>',
  ].join('');
}

/** Arrows to a state inside may come through here: they pass below the text. */
function headOnTop(placed: PlacedBox): string {
  const { box, x, y } = placed;
  const area = { x: x + 2, y: y + 2, width: Math.min(box.width, placed.width) - 4, height: box.head - 4 };
  const back = `<rect class="box region back" ${place(area)} rx="8" fill="${light.region}" stroke="none"/>`;
  return `<g class="state ${box.type}" data-state="${escape(box.id)}">${back}${textOf(placed).join('')}</g>`;
}

function textOf(placed: PlacedBox): string[] {
  const { box } = placed;
  const top = placed.y + pad;
  const left = placed.x + pad;
  const aboutTop = top + nameLine;
  const listTop = aboutTop + box.about.length * line + gap;
  return [
    textSvg('name', box.name, { x: left, y: top + 12, face: faces.name }),
    ...box.about.map((text, index) =>
      textSvg('about', text, { x: left, y: aboutTop + index * line + 10, face: faces.about }),
    ),
    ...listSvg(box, { x: left, y: listTop }),
    ...(box.hasFigures ? [figuresSvg(placed)] : []),
  ];
}

function startSvg({ x, y }: Point): string {
  return `<circle class="start" cx="${short(x)}" cy="${short(y)}" r="${markRadius}" fill="${light.line}"/>`;
}

function frame(placed: PlacedBox): string {
  const { box } = placed;
  const isOuter = box.boxes.length > 0;
  const fill = isOuter ? light.region : light.box;
  const dashed = box.type === 'parallel' ? ' stroke-dasharray="6 4"' : '';
  const outline = `<rect class="box${isOuter ? ' region' : ''}" ${place(placed)} rx="${isOuter ? 10 : 8}" fill="${fill}" stroke="${light.line}"${dashed}/>`;
  if (box.type !== 'final') return outline;
  const within = { x: placed.x + 3, y: placed.y + 3, width: placed.width - 6, height: placed.height - 6 };
  return `${outline}<rect class="box" ${place(within)} rx="6" fill="none" stroke="${light.line}"/>`;
}

function listSvg({ id, activities, inner, rows, columnWidth }: Box, at: Point): string[] {
  let count = 0;
  const next = (): Point => {
    const index = count++;
    return { x: at.x + Math.floor(index / rows) * columnWidth, y: at.y + (index % rows) * line };
  };
  return [
    ...activities.map((text) => eventLine(text, next())),
    ...inner.map((label) => transitionSvg({ label, from: id }, next)),
  ];
}

function figuresSvg({ box, x, y, width }: PlacedBox): string {
  const area = {
    x: x + pad,
    y: y + box.head - pad - measures.figures + gap,
    width: width - 2 * pad,
    height: measures.figures,
  };
  return `<rect class="figures" data-state="${escape(box.id)}" ${place(area)} fill="none"/>`;
}

function arrowSvg({ arrow, points, label }: PlacedArrow): string {
  const drawn = `<path class="line" d="${path(points)}" fill="none" stroke="${light.line}"/>${headSvg(points)}`;
  if (arrow === undefined || label === undefined) return drawn;
  let row = 0;
  const next = (): Point => ({ x: label.x + 1, y: label.y + row++ * line });
  const ends = `data-from="${escape(arrow.from)}" data-to="${escape(arrow.to)}"`;
  const labels = arrow.labels.map((each) =>
    transitionSvg({ label: each, from: arrow.from, to: arrow.to }, next),
  );
  return `<g class="arrow" ${ends}>${drawn}${labels.join('')}</g>`;
}

function transitionSvg(
  { label, from, to }: { label: Label; from: string; to?: string },
  next: () => Point,
): string {
  const ends = `data-from="${escape(from)}"${to === undefined ? '' : ` data-to="${escape(to)}"`}`;
  const guard = label.guard === undefined ? '' : ` data-guard="${escape(label.guard)}"`;
  const about = label.description === undefined ? '' : `<title>${escape(label.description)}</title>`;
  const lines = label.lines.map((text) => eventLine(text, next()));
  return `<g class="transition" ${ends} data-event="${escape(label.event)}"${guard}>${about}${lines.join('')}</g>`;
}

function eventLine(text: string, { x, y }: Point): string {
  return textSvg('event', text, { x, y: y + 10, face: faces.label });
}

/** `y` is the base line. */
function textSvg(kind: string, text: string, { x, y, face }: { x: number; y: number; face: Face }): string {
  const { size, weight } = face;
  const length = lengthOf(text, face);
  const set = length === undefined ? '' : ` textLength="${short(length)}" lengthAdjust="spacingAndGlyphs"`;
  const fill = kind === 'about' ? light.quiet : light.text;
  return `<text class="${kind}" x="${short(x)}" y="${short(y)}" font-size="${size}" font-weight="${weight}"${set} fill="${fill}">${escape(text)}</text>`;
}

function rule({ x, width }: Area, y: number): string {
  return `<path class="rule" d="M${short(x)} ${short(y)}h${short(width)}" stroke="${light.line}" stroke-width="0.5"/>`;
}

/** Right angles with rounded corners. It ends where the arrow's head begins. */
function path(points: readonly Point[]): string {
  const [first = { x: 0, y: 0 }, ...rest] = points;
  let before = first;
  const steps = rest.map((point, index) => {
    const after = rest[index + 1];
    const from = before;
    before = point;
    if (after === undefined) return to(towards(point, from, Math.min(headLength, distance(point, from))));
    const radius = Math.min(corner, distance(from, point) / 2, distance(point, after) / 2);
    const end = towards(point, after, radius);
    return `${to(towards(point, from, radius))}Q${pair(point)} ${pair(end)}`;
  });
  return `M${pair(first)}${steps.join('')}`;
}

function headSvg(points: readonly Point[]): string {
  const [from, tip] = points.slice(-2);
  if (from === undefined || tip === undefined) return '';
  const back = towards(tip, from, headLength);
  const across = {
    x: ((tip.y - back.y) / headLength) * headHalf,
    y: ((back.x - tip.x) / headLength) * headHalf,
  };
  const one = { x: back.x + across.x, y: back.y + across.y };
  const other = { x: back.x - across.x, y: back.y - across.y };
  return `<path class="head" d="M${pair(tip)}L${pair(one)}L${pair(other)}Z" fill="${light.line}"/>`;
}

function towards(from: Point, to: Point, by: number): Point {
  const whole = distance(from, to);
  if (whole === 0) return from;
  return { x: from.x + ((to.x - from.x) * by) / whole, y: from.y + ((to.y - from.y) * by) / whole };
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function to(point: Point): string {
  return `L${pair(point)}`;
}

function pair({ x, y }: Point): string {
  return `${short(x)} ${short(y)}`;
}

function place({ x, y, width, height }: Area): string {
  return `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
}

/** Tenths of a pixel are enough. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
