import type { AnyMachineSnapshot } from 'xstate';
import { describe, expect, it } from 'vitest';
import { fulfillmentEvents, fulfillmentInput } from '../../machines/fulfillment.events.ts';
import { fulfillmentMachine } from '../../machines/fulfillment.machine.ts';
import { leafPaths, persist, restore, start, step, verdict } from '../../runtime/chart.ts';
import type { Event } from '../../runtime/message.ts';

const shipTo = { name: 'Ada', line1: 'Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
const elsewhere = { ...shipTo, line1: 'Lane 2' };
const lines = [
  { lineId: 'l1', sku: 'A', quantity: 2 },
  { lineId: 'l2', sku: 'B', quantity: 1 },
];
const picked = lines.map(({ lineId, quantity }) => ({ lineId, quantity }));
const fraud = { handle: 'fraud', reason: 'looks odd' };

interface Fulfillment {
  readonly snapshot: AnyMachineSnapshot;
  /** What the last step told the order. */
  readonly told: readonly Account[];
}

interface Account {
  readonly type: string;
  readonly version: number;
  readonly state: string;
  readonly lines: Record<string, Record<string, number>>;
}

function stored({ snapshot, actions }: ReturnType<typeof start>): Fulfillment {
  const told = actions
    .filter(({ type }) => type === 'xstate.emit')
    .map(({ params }) => (params as { event: { to: unknown; event: Account } }).event)
    .map(({ to, event }) => {
      expect(to).toEqual({ kind: 'order', id: 'o1' });
      return event;
    });
  const text = JSON.stringify(persist(snapshot));
  return { snapshot: restore(fulfillmentMachine, JSON.parse(text) as ReturnType<typeof persist>), told };
}

function created(holds: unknown[] = []): Fulfillment {
  const payload = { orderId: 'o1', warehouse: 'W1', lines, shipTo, addressRevision: 1, holds };
  return stored(start(fulfillmentMachine, { id: 'o1~f1', ...fulfillmentInput.parse(payload) }));
}

function send({ snapshot }: Fulfillment, event: Event): Fulfillment {
  expect(verdict(snapshot, event), `${event.type} in ${where(snapshot)}`).toEqual({ can: true });
  return stored(step(snapshot, event));
}

function after(...events: Event[]): Fulfillment {
  return events.reduce(send, created());
}

function where(snapshot: AnyMachineSnapshot): string {
  const [progress] = leafPaths(snapshot.value as never).filter((path) => path.startsWith('progress.'));
  return progress?.slice('progress.'.length) ?? '';
}

const startPick = { type: 'fulfillment.startPick' };
const finishPick = { type: 'fulfillment.finishPick', lines: picked };
const startPack = { type: 'fulfillment.startPack' };
const finishPack = { type: 'fulfillment.finishPack' };
const handOver = { type: 'fulfillment.handOver' };
const deliver = { type: 'fulfillment.deliver' };
const stop = { type: 'fulfillment.stop' };
const hold = { type: 'fulfillment.hold', ...fraud };
const release = { type: 'fulfillment.release', handle: 'fraud' };
const startAgain = {
  type: 'fulfillment.start',
  orderId: 'o1',
  warehouse: 'W1',
  lines,
  shipTo,
  addressRevision: 1,
  holds: [],
};

const forward = [startPick, finishPick, startPack, finishPack, handOver, deliver];

const reached: Record<string, Event[]> = {
  planned: [],
  picking: forward.slice(0, 1),
  picked: forward.slice(0, 2),
  packing: forward.slice(0, 3),
  readyToShip: forward.slice(0, 4),
  'completed.handedOver': forward.slice(0, 5),
  'completed.delivered': forward.slice(0, 6),
  stopped: [stop],
};

/** Where each event leads from each state: `=` stays, `-` is no transition at all, `guard` a closed one. */
const table = readTable(`
  from                  startPick  finishPick  startPack  finishPack   handOver              deliver              hold   release  stop     start
  planned               picking    -           -          -            -                     -                    =      guard    stopped  =
  picking               -          picked      -          -            -                     -                    =      guard    stopped  =
  picked                -          -           packing    -            -                     -                    =      guard    stopped  =
  packing               -          -           -          readyToShip  -                     -                    =      guard    stopped  =
  readyToShip           -          -           -          -            completed.handedOver  -                    =      guard    stopped  =
  completed.handedOver  -          -           -          -            -                     completed.delivered  guard  guard    =        =
  completed.delivered   -          -           -          -            -                     -                    guard  guard    =        =
  stopped               -          -           -          -            -                     -                    guard  guard    =        =
`);

function readTable(text: string): Record<string, Record<string, string>> {
  const [head = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  const row = ([from = '', ...to]: string[]): [string, Record<string, string>] => [
    from,
    Object.fromEntries(to.map((cell, index) => [head[index + 1] ?? '', cell === '=' ? from : cell])),
  ];
  return Object.fromEntries(rows.map(row));
}

const events: Record<string, Event> = {
  ...{ startPick, finishPick, startPack, finishPack, handOver, deliver, hold, release, stop },
  start: startAgain,
};

describe('a fulfillment, state by event', () => {
  for (const [state, row] of Object.entries(table)) {
    it.each(Object.entries(row))(`in ${state}: %s → %s`, (name, expected) => {
      const before = after(...(reached[state] ?? []));
      expect(where(before.snapshot)).toBe(state);
      const event = events[name] as Event;
      expect(outcome(before, event)).toBe(expected);
    });
  }

  it('has a row for every state that can be reached, and no other', () => {
    expect(Object.keys(table).sort()).toEqual([...explore().keys()].sort());
  });

  it('never goes back', () => {
    const order = Object.keys(table);
    for (const [from, targets] of explore()) {
      for (const to of targets)
        expect(order.indexOf(to), `${from} → ${to}`).toBeGreaterThanOrEqual(order.indexOf(from));
    }
  });

  it.each(Object.keys(reached))('bars every step of people while held, and only those, in %s', (state) => {
    const isOpen = !/completed|stopped/.test(state);
    const before = after(...(reached[state] ?? []), { type: 'order.held', ...fraud });
    for (const name of ['startPick', 'finishPick', 'startPack', 'finishPack', 'handOver']) {
      const expected = table[state]?.[name] === '-' ? '-' : 'guard';
      expect(outcome(before, events[name] as Event), name).toBe(expected);
    }
    for (const name of ['deliver', 'stop', 'start']) {
      expect(outcome(before, events[name] as Event), name).toBe(table[state]?.[name]);
    }
    expect(outcome(before, hold)).toBe(isOpen ? state : 'guard');
  });
});

function outcome(fulfillment: Fulfillment, event: Event): string {
  const answer = verdict(fulfillment.snapshot, event);
  if (answer.can) return where(send(fulfillment, event).snapshot);
  return answer.guards.length > 0 ? 'guard' : '-';
}

/** Every state that some event leads to, with where each leads. */
function explore(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const visit = (fulfillment: Fulfillment): void => {
    const from = where(fulfillment.snapshot);
    if (found.has(from)) return;
    const targets = new Set<string>();
    found.set(from, targets);
    for (const event of Object.values(events)) {
      if (!verdict(fulfillment.snapshot, event).can) continue;
      const next = send(fulfillment, event);
      targets.add(where(next.snapshot));
      // A held one can do less; what it can do is found from the clear one.
      if (event !== hold) visit(next);
    }
  };
  visit(created());
  return found;
}

describe('the account', () => {
  const untouched = { cut: 0, short: 0, shipped: 0, delivered: 0 };

  it('is given whole on creation', () => {
    expect(created().told).toEqual([
      {
        type: 'fulfillment.account',
        fulfillmentId: 'o1~f1',
        version: 1,
        state: 'open',
        lines: { l1: { assigned: 2, ...untouched }, l2: { assigned: 1, ...untouched } },
      },
    ]);
  });

  it('is not given on steps that do not change the order’s books', () => {
    for (const state of ['picking', 'picked', 'packing', 'readyToShip']) {
      expect(after(...(reached[state] ?? [])).told, state).toEqual([]);
    }
  });

  it('is given on handover and on delivery, with the next version', () => {
    const [handedOver] = after(...forward.slice(0, 5)).told;
    expect(handedOver).toMatchObject({
      version: 2,
      state: 'handedOver',
      lines: { l1: { shipped: 2, delivered: 0 } },
    });
    const [delivered] = after(...forward).told;
    expect(delivered).toMatchObject({
      version: 3,
      state: 'delivered',
      lines: { l1: { shipped: 2, delivered: 2 } },
    });
  });

  it('cuts every line when stopped', () => {
    const [stopped] = after(startPick, stop).told;
    expect(stopped).toMatchObject({
      version: 2,
      state: 'stopped',
      lines: { l1: { assigned: 0, cut: 2 }, l2: { cut: 1 } },
    });
  });

  it.each(Object.keys(reached))(
    'answers a stop and a second start in %s, each with a new version',
    (state) => {
      const before = after(...(reached[state] ?? []));
      const once = send(before, startAgain);
      const twice = send(once, stop);
      expect(once.told).toHaveLength(1);
      expect(twice.told).toHaveLength(1);
      expect(twice.told[0]?.version).toBe((once.told[0]?.version ?? 0) + 1);
    },
  );

  it('says the same when asked to stop after the handover', () => {
    const [before] = after(...forward.slice(0, 5)).told;
    const [again] = after(...forward.slice(0, 5), stop).told;
    expect(again).toEqual({ ...before, version: 3 });
  });
});

describe('picking', () => {
  const missing = [picked.slice(0, 1), [...picked, { lineId: 'l3', quantity: 1 }]];
  const wrong = [
    [
      { lineId: 'l1', quantity: 1 },
      { lineId: 'l2', quantity: 1 },
    ],
    [
      { lineId: 'l1', quantity: 2 },
      { lineId: 'l1', quantity: 2 },
    ],
    [
      { lineId: 'l1', quantity: 2 },
      { lineId: 'constructor', quantity: 1 },
    ],
  ];

  it.each([...missing, ...wrong].map((picks) => [JSON.stringify(picks), picks]))('refuses %s', (_, picks) => {
    const answer = verdict(after(startPick).snapshot, { type: 'fulfillment.finishPick', lines: picks });
    expect(answer).toEqual({ can: false, guards: ['isClearAndPickedExactly'] });
  });

  it('takes the lines in any order', () => {
    expect(where(after(startPick, { ...finishPick, lines: picked.toReversed() }).snapshot)).toBe('picked');
  });
});

describe('holds of a fulfillment', () => {
  it('starts held with the holds of its order', () => {
    const { snapshot } = created([fraud]);
    expect(snapshot.value).toEqual({ progress: 'planned', hold: 'held' });
    expect(verdict(snapshot, startPick)).toEqual({ can: false, guards: ['isClear'] });
  });

  it('goes on only when every hold is lifted', () => {
    const two = after(hold, { ...hold, handle: 'label' });
    expect(two.snapshot.matches({ hold: 'held' })).toBe(true);
    const one = send(two, release);
    expect(one.snapshot.matches({ hold: 'held' })).toBe(true);
    const none = send(one, { ...release, handle: 'label' });
    expect(none.snapshot.matches({ hold: 'clear' })).toBe(true);
  });

  it('does not let people lift a hold of the order, nor the order one of theirs', () => {
    const both = after(hold, { type: 'order.held', ...fraud });
    const ours = send(both, release);
    expect(ours.snapshot.matches({ hold: 'held' })).toBe(true);
    expect(verdict(ours.snapshot, release)).toEqual({ can: false, guards: ['isKnownHold'] });
    expect(send(ours, { type: 'order.released', handle: 'fraud' }).snapshot.matches({ hold: 'clear' })).toBe(
      true,
    );
    expect(send(both, { type: 'order.released', handle: 'fraud' }).snapshot.matches({ hold: 'held' })).toBe(
      true,
    );
  });

  it('takes the same handle again without a change', () => {
    const once = after(hold);
    expect(send(once, { ...hold, reason: 'another' }).snapshot.context).toEqual(once.snapshot.context);
  });

  it('takes the same hold of its order again without a change', () => {
    const once = after({ type: 'order.held', ...fraud });
    const twice = send(once, { type: 'order.held', ...fraud, reason: 'another' });
    expect(twice.snapshot.context).toEqual(once.snapshot.context);
  });

  it('has a limit', () => {
    const many = Array.from({ length: 20 }, (_, index) => ({ ...hold, handle: `h${index}` }));
    const full = after(...many);
    expect(verdict(full.snapshot, hold)).toEqual({ can: false, guards: ['isKnownHold', 'canBeHeld'] });
    expect(verdict(full.snapshot, { ...hold, handle: 'h3' })).toEqual({ can: true });
  });
});

describe('the address', () => {
  const change = (revision: number): Event => ({
    type: 'fulfillment.changeAddress',
    shipTo: elsewhere,
    revision,
  });

  it.each(['planned', 'picking', 'picked', 'packing', 'readyToShip'])('changes in %s', (state) => {
    const { snapshot } = after(...(reached[state] ?? []), change(2));
    expect(where(snapshot)).toBe(state);
    expect(snapshot.context).toMatchObject({ shipTo: elsewhere, addressRevision: 2 });
  });

  it.each(['completed.handedOver', 'completed.delivered', 'stopped'])('stays in %s', (state) => {
    const { snapshot } = after(...(reached[state] ?? []), change(2));
    expect(snapshot.context).toMatchObject({ shipTo, addressRevision: 1 });
  });

  it('takes only a higher revision', () => {
    const changed = after({ ...change(3), shipTo });
    expect(send(changed, change(2)).snapshot.context).toEqual(changed.snapshot.context);
    expect(send(changed, change(3)).snapshot.context).toEqual(changed.snapshot.context);
  });
});

it('is never done, so that its order can always ask', () => {
  for (const path of Object.values(reached)) expect(after(...path).snapshot.status).toBe('active');
});

it('marks the ends that nothing leads out of', () => {
  const ended = Object.entries(reached).filter(([, path]) => after(...path).snapshot.hasTag('ended'));
  expect(ended.map(([state]) => state)).toEqual(['completed.delivered', 'stopped']);
});

it('parses every event that the tests send', () => {
  for (const { type, ...payload } of Object.values(events)) {
    expect(
      fulfillmentEvents[type as keyof typeof fulfillmentEvents].safeParse(payload).error,
    ).toBeUndefined();
  }
});
