/** What a person needs of a picture, asked of its numbers: everything is there, and nothing covers anything. */
import ElkLayout from 'elkjs/lib/elk.bundled.js';
import { describe, expect, it } from 'vitest';
import { createMachine, type AnyStateMachine } from 'xstate';
import { definitions } from '../../../actors/registry.ts';
import { chartOf, transitionsOf, type Chart } from '../../../http/chart.ts';
import { sketch, type Arrow } from '../../../http/diagram/boxes.ts';
import { place, type Area, type Picture, type PlacedBox, type Point } from '../../../http/diagram/layout.ts';
import { covers, crosses, overlap, segments } from './geometry.ts';

const charts: [string, Chart][] = [
  ...definitions.map(({ kind, machine }): [string, Chart] => [kind, chartOf(machine)]),
  ['sixty states', chartOf(sixtyStates())],
  ['long words', chartOf(longWords())],
  ['one state', chartOf(createMachine({ id: 'one', initial: 'only', states: { only: {} } }))],
  ['no state at all', chartOf(createMachine({ id: 'none', on: { ping: { actions: 'note' } } }))],
];
const cases = charts.flatMap(([name, chart]) =>
  [false, true].map((figures) => [`${name}${figures ? ', with figures' : ''}`, chart, figures] as const),
);

describe.each(cases)('%s', (name, chart, figures) => {
  const Layout = ElkLayout as unknown as new () => Parameters<typeof place>[0];
  const placed = place(new Layout(), sketch(chart, { name, figures }));

  it('has every state once, inside the one around it, and none over another', async () => {
    const { boxes } = await placed;
    expect(boxes.map(({ box }) => box.id).toSorted()).toEqual(
      [chart.root, ...chart.states].map(({ id }) => id).toSorted(),
    );
    for (const one of boxes) {
      for (const other of boxes) {
        if (one === other) continue;
        if (isIn(other, one))
          expect(covers(one, other), `${other.box.id} is inside ${one.box.id}`).toBe(true);
        else if (!isIn(one, other))
          expect(overlap(one, other), `${one.box.id} and ${other.box.id} are apart`).toBe(false);
      }
    }
  });

  it('has every transition once', async () => {
    const { boxes, arrows } = await placed;
    const drawn = [
      ...boxes.flatMap(({ box }) => box.inner.map((label) => [box.id, '', label.event, label.guard ?? ''])),
      ...arrows.flatMap(({ arrow }) =>
        (arrow?.labels ?? []).map(({ event, guard }) => [arrow?.from, arrow?.to, event, guard ?? '']),
      ),
    ];
    const meant = [chart.root, ...chart.states].flatMap((state) =>
      transitionsOf(state).flatMap(({ event, guard, target }) =>
        (target.length === 0 ? [''] : target).map((to) => [state.id, to, event, guard ?? '']),
      ),
    );
    expect(drawn.map(String).toSorted()).toEqual(meant.map(String).toSorted());
  });

  it('gives all text its room', async () => {
    const { boxes, arrows, ...size } = await placed;
    for (const { box, ...area } of boxes) {
      expect(area.width, box.id).toBeGreaterThanOrEqual(box.width);
      expect(area.height, box.id).toBeGreaterThanOrEqual(box.head);
    }
    for (const { arrow, label } of arrows) {
      expect(label?.width).toBe(arrow === undefined ? undefined : arrow.width + 2);
      expect(label?.height).toBe(arrow?.height);
    }
    const labels = arrows.flatMap(({ label }) => label ?? []);
    const heads = boxes.map(headOf);
    expect(labels.filter((label) => !covers({ x: 0, y: 0, ...size }, label))).toEqual([]);
    expect(labels.filter((label) => heads.some((head) => overlap(label, head)))).toEqual([]);
    expect(
      labels.filter((label) => labels.some((other) => other !== label && overlap(label, other))),
    ).toEqual([]);
  });

  it('leads each arrow from its state to its state, around all others and their labels', async () => {
    const picture = await placed;
    for (const { arrow, points } of picture.arrows) {
      const name = `${arrow?.from} → ${arrow?.to}`;
      expect(points.length, name).toBeGreaterThan(1);
      const inTheWay = obstacles(picture, arrow).filter((area) =>
        segments(points).some(([from, to]) => crosses(from, to, area)),
      );
      expect(inTheWay, name).toEqual([]);
      if (arrow === undefined) continue;
      expect(isOnEdge(points[0], boxOf(picture, arrow.from)), name).toBe(true);
      expect(isOnEdge(points.at(-1), boxOf(picture, arrow.to)), name).toBe(true);
    }
  });
});

function obstacles({ boxes, arrows }: Picture, but: Arrow | undefined): Area[] {
  const leaves = boxes.filter(({ box }) => box.boxes.length === 0);
  return [
    ...leaves,
    ...arrows.flatMap(({ arrow, label }) => (label === undefined || arrow === but ? [] : [label])),
  ];
}

function boxOf({ boxes }: Picture, id: string): PlacedBox {
  const found = boxes.find(({ box }) => box.id === id);
  if (found === undefined) throw new Error(`no box ${id}`);
  return found;
}

function headOf({ box, x, y, width, height }: PlacedBox): Area {
  return {
    x,
    y,
    width: box.boxes.length === 0 ? width : box.width,
    height: box.boxes.length === 0 ? height : box.head,
  };
}

function isIn({ box }: PlacedBox, { box: outer }: PlacedBox): boolean {
  return outer.id === '' || box.id.startsWith(`${outer.id}.`);
}

/** The border, or the line below the text of a box that has others in it. */
function isOnEdge(point: Point | undefined, { box, x, y, width, height }: PlacedBox): boolean {
  if (point === undefined) return false;
  const near = (one: number, other: number): boolean => Math.abs(one - other) < 0.5;
  const across = [x, x + width].some((edge) => near(point.x, edge));
  const down = [y, y + height, y + box.head].some((edge) => near(point.y, edge));
  const isWithin =
    point.x >= x - 0.5 && point.x <= x + width + 0.5 && point.y >= y - 0.5 && point.y <= y + height + 0.5;
  return isWithin && (across || down);
}

function sixtyStates(): AnyStateMachine {
  const states = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [
      `step${index}`,
      {
        description: 'One of very many',
        on: {
          next: { target: `step${(index + 1) % 60}` },
          back: { target: `step${(index + 53) % 60}` },
          stay: {},
        },
      },
    ]),
  );
  return createMachine({ id: 'sixty', initial: 'step0', states });
}

function longWords(): AnyStateMachine {
  const long = 'aVeryLongNameThatNobodyWouldGiveToAnythingUnlessTheyHadTo'.repeat(3);
  return createMachine({
    id: 'long',
    type: 'parallel',
    description:
      'Ünïcödé – “quotes” — and 漢字, in a description that has to be broken more than once to fit',
    states: {
      [long]: {
        initial: long,
        states: {
          [long]: { on: { [long]: { target: 'b', guard: long }, '<&">': { target: 'b' } } },
          b: { type: 'final' },
        },
        onDone: { target: `#long.other` },
      },
      other: {
        initial: 'x',
        on: { '*': { target: '.x' } },
        states: { x: { always: { guard: long, target: 'y' } }, y: { after: { 5: { target: 'x' } } } },
      },
    },
  });
}
