/** Where everything stands: boxes and arrows placed by ELK's layered layout, in pixels from the top left corner. */
import type { ELK, ElkEdgeSection, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Arrow, Box, Sketch } from './boxes.ts';

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedBox extends Area {
  readonly box: Box;
  /** The centre of the mark from which it begins. */
  readonly start?: Point;
}

export interface PlacedArrow {
  /** Absent for the one from the initial mark. */
  readonly arrow?: Arrow;
  readonly points: readonly Point[];
  readonly label?: Area;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Outer ones before those in them. */
  readonly boxes: readonly PlacedBox[];
  readonly arrows: readonly PlacedArrow[];
}

export const markRadius = 5;

const spacing: Record<string, string> = {
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '5',
  'elk.spacing.labelLabel': '8',
  'elk.spacing.nodeSelfLoop': '14',
  'elk.layered.spacing.nodeNodeBetweenLayers': '30',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
};

const layered: Record<string, string> = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.edgeLabels.placement': 'CENTER',
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
};

export async function place(elk: Pick<ELK, 'layout'>, sketch: Sketch): Promise<Picture> {
  const wanted: Widening = new Map();
  let picture = await placeOnce(elk, sketch, wanted);
  for (let round = 0; round < roundsMost; round++) {
    const short = picture.boxes.filter(({ box, width }) => width < box.width);
    if (short.length === 0) break;
    for (const { box, width } of short) wanted.set(box.id, (wanted.get(box.id) ?? 0) + box.width - width);
    picture = await placeOnce(elk, sketch, wanted);
  }
  return picture;
}

/** Pixels by box: ELK does not keep to a least size where arrows cross a border, so it is asked again. */
type Widening = Map<string, number>;
const roundsMost = 5;

async function placeOnce(elk: Pick<ELK, 'layout'>, sketch: Sketch, widening: Widening): Promise<Picture> {
  const graph: ElkNode = {
    id: 'picture',
    layoutOptions: { ...layered, ...spacing, 'elk.padding': padding(0, 0) },
    children: [nodeOf(sketch.root, widening)],
    edges: [...sketch.arrows.map(edgeOf), ...starts(sketch.root), ...rowsOf(sketch.root)],
  };
  const placed: ElkNode = await elk.layout(graph);
  const nodes = new Map(below(placed).map((node) => [node.id, node]));
  const boxes = boxesIn(sketch.root).map((box) => placedBox(box, nodes));
  const byId = new Map(boxes.map((box) => [box.box.id, box]));
  const drawn = (placed.edges ?? []).filter(({ id }) => !id.startsWith('below '));
  const arrows = drawn.map((edge, index) => {
    const arrow = sketch.arrows[index];
    const points = (edge.sections ?? []).flatMap(pointsOf);
    const [label] = edge.labels ?? [];
    return {
      ...(arrow === undefined ? {} : { arrow }),
      points: arrow === undefined ? points : outOfHead(points, arrow, byId.get(arrow.from)),
      ...(label === undefined ? {} : { label: areaOf(label) }),
    };
  });
  return { width: placed.width ?? 0, height: placed.height ?? 0, boxes, arrows };
}

function nodeOf(box: Box, widening: Widening): ElkNode {
  const size = { id: nodeId(box.id), width: box.width, height: box.head };
  if (box.boxes.length === 0) return size;
  const mark = { id: markId(box.id), width: 2 * markRadius, height: 2 * markRadius };
  const inner = box.boxes.map((each) => nodeOf(each, widening));
  return {
    ...size,
    children: box.initial === undefined ? inner : [mark, ...inner],
    layoutOptions: { ...spacing, 'elk.padding': padding(box.head, widening.get(box.id) ?? 0) },
  };
}

function padding(head: number, more: number): string {
  const side = 18;
  return `[top=${head + side},left=${side},bottom=${side},right=${side + more}]`;
}

function edgeOf({ from, to, labels, width, height }: Arrow): NonNullable<ElkNode['edges']>[number] {
  return {
    id: `arrow ${from} ${to}`,
    sources: [nodeId(from)],
    targets: [nodeId(to)],
    labels: [{ text: labels.map(({ event }) => event).join(' '), width: width + 2, height }],
  };
}

/** Regions stand side by side up to this many states, and then below each other. */
const rowStates = 7;

/** Edges that are not drawn: they put a row of regions below the row before. */
function rowsOf(box: Box): NonNullable<ElkNode['edges']> {
  const within = box.boxes.flatMap(rowsOf);
  if (box.type !== 'parallel') return within;
  const rows: string[][] = [];
  let states = rowStates;
  for (const region of box.boxes) {
    const count = boxesIn(region).filter(({ boxes }) => boxes.length === 0).length;
    states += count;
    if (states > rowStates) {
      rows.push([]);
      states = count;
    }
    rows.at(-1)?.push(region.id);
  }
  const edges = rows.flatMap((row, index) =>
    (rows[index - 1] ?? []).flatMap((above) =>
      row.map((id) => ({ id: `below ${above} ${id}`, sources: [nodeId(above)], targets: [nodeId(id)] })),
    ),
  );
  return [...edges, ...within];
}

function starts(box: Box): NonNullable<ElkNode['edges']> {
  const own =
    box.initial === undefined
      ? []
      : [{ id: `start ${box.id}`, sources: [markId(box.id)], targets: [nodeId(box.initial)] }];
  return [...own, ...box.boxes.flatMap(starts)];
}

function placedBox(box: Box, nodes: ReadonlyMap<string, ElkNode>): PlacedBox {
  const mark = nodes.get(markId(box.id));
  return {
    box,
    ...areaOf(nodes.get(nodeId(box.id)) ?? {}),
    ...(mark === undefined
      ? {}
      : { start: { x: (mark.x ?? 0) + markRadius, y: (mark.y ?? 0) + markRadius } }),
  };
}

/** What leads from a box to a state in it comes from below its text, not through it. */
function outOfHead(points: Point[], { from, to }: Arrow, box: PlacedBox | undefined): Point[] {
  const [first, second, ...rest] = points;
  const isInside = to !== from && (from === '' || to.startsWith(`${from}.`));
  if (first === undefined || second === undefined || box === undefined || !isInside) return points;
  return [{ x: first.x, y: Math.max(first.y, box.y + box.box.head) }, second, ...rest];
}

function boxesIn(box: Box): Box[] {
  return [box, ...box.boxes.flatMap(boxesIn)];
}

function below(node: ElkNode): ElkNode[] {
  return [node, ...(node.children ?? []).flatMap(below)];
}

function pointsOf({ startPoint, bendPoints = [], endPoint }: ElkEdgeSection): Point[] {
  return [startPoint, ...bendPoints, endPoint];
}

function areaOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Area>): Area {
  return { x, y, width, height };
}

function nodeId(state: string): string {
  return `state ${state}`;
}

function markId(state: string): string {
  return `begin ${state}`;
}
