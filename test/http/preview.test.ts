import { createMachine } from 'xstate';
import { describe, expect, it } from 'vitest';
import { chartOf, type ChartState } from '../../http/chart.ts';
import { differencesOf, lostLeaves, type Difference } from '../../http/preview/differences.ts';
import type { PreviewJson } from '../../http/preview/preview.ts';
import { createHttpBench, type Got, type HttpBench } from '../support/http.ts';

type Machine = Parameters<typeof createMachine>[0];

function root(config: Machine): ChartState {
  return chartOf(createMachine(config)).root;
}

function compare(before: Machine, after: Machine): Difference[] {
  return differencesOf({ root: root(before), events: {} }, { root: root(after), events: {} });
}

const old: Machine = {
  initial: 'open',
  states: {
    open: { on: { pay: { target: 'paid', guard: 'isEnough' }, note: { actions: 'note' } } },
    paid: { after: { 1_000: 'done' } },
    waiting: {},
    done: { type: 'final' },
  },
};

describe('the differences of two charts', () => {
  it('are none between a chart and itself', () => {
    expect(compare(old, old)).toEqual([]);
  });

  it('name states and transitions that are new, gone or lead elsewhere', () => {
    const now: Machine = {
      initial: 'open',
      states: {
        open: {
          description: 'Not paid for yet',
          on: {
            pay: { target: 'checked', guard: 'isEnough' },
            cancel: 'done',
            note: { actions: ['note', 'tell'] },
          },
        },
        checked: { on: { fine: 'paid' } },
        paid: { after: { 2_000: 'done' } },
        done: { type: 'final' },
      },
    };
    expect(compare(old, now)).toEqual([
      { change: 'removed', what: 'state', state: 'waiting' },
      { change: 'changed', what: 'state', state: 'open', fields: ['description'] },
      {
        ...{ change: 'changed', what: 'transition', state: 'open', event: 'pay', guard: 'isEnough' },
        ...{ target: ['checked'], targetBefore: ['paid'] },
      },
      { change: 'added', what: 'transition', state: 'open', event: 'cancel', target: ['done'] },
      {
        change: 'changed',
        what: 'transition',
        state: 'open',
        event: 'note',
        target: [],
        fields: ['actions'],
      },
      { change: 'added', what: 'state', state: 'checked' },
      { change: 'added', what: 'transition', state: 'paid', event: 'after 2000', target: ['done'] },
      { change: 'removed', what: 'transition', state: 'paid', event: 'after 1000', target: ['done'] },
    ]);
  });

  it('tell which of several transitions of an event is gone', () => {
    const two: Machine = {
      initial: 'a',
      states: { a: { on: { go: [{ target: 'b', guard: 'x' }, { target: 'c' }] } }, b: {}, c: {} },
    };
    const one: Machine = { ...two, states: { ...two.states, a: { on: { go: { target: 'c' } } } } };
    expect(compare(two, one)).toEqual([
      { change: 'removed', what: 'transition', state: 'a', event: 'go', guard: 'x', target: ['b'] },
    ]);
  });

  it('tell of events and their payloads', () => {
    const events = (given: object) => ({ root: root(old), events: given as Record<string, unknown> });
    expect(differencesOf(events({ a: 1, b: 1 }), events({ b: 2, c: 1 }))).toEqual([
      { change: 'removed', what: 'event', state: '', event: 'a' },
      { change: 'changed', what: 'event', state: '', event: 'b', fields: ['schema'] },
      { change: 'added', what: 'event', state: '', event: 'c' },
    ]);
  });

  it('a leaf is lost that is gone, or that has states inside now', () => {
    const now: Machine = {
      ...old,
      states: { ...old.states, paid: { initial: 'x', states: { x: {} } }, waiting: undefined as never },
    };
    delete (now.states as Record<string, unknown>)['waiting'];
    expect(lostLeaves(root(old), root(now))).toEqual(['paid', 'waiting']);
  });
});

describe('a preview', () => {
  interface Chart {
    kind: string;
    version: number;
    states: { key: string; on?: Record<string, object[]> }[];
    [field: string]: unknown;
  }

  async function chart({ get }: HttpBench): Promise<Chart> {
    return (await get('/machines/order')).body as unknown as Chart;
  }

  const ask = ({ post }: HttpBench, given: unknown, more?: object): Promise<Got> =>
    post('/machines/order/preview', { chart: given }, more);

  it('of the chart that runs has no differences', async () => {
    const bench = await createHttpBench();
    const got = await ask(bench, await chart(bench));
    expect([got.status, got.body['differences'], got.body['stranded']]).toEqual([200, [], []]);
    const { before, after } = got.body as unknown as PreviewJson;
    expect(after.svg).toBe(before.svg);
    expect(before.svg).toMatch(/^<svg/);
  });

  it('names who could not go on', async () => {
    const bench = await createHttpBench();
    await bench.draft('o1');
    await bench.draft('o2');
    const given = await chart(bench);
    const draft = given.states.find(({ key }) => key === 'draft');
    Object.assign(draft ?? {}, { key: 'sketch' });
    const text = JSON.stringify({ ...given, version: given.version + 1 }).replaceAll('"draft"', '"sketch"');
    const got = await ask(bench, JSON.parse(text));
    expect([got.status, got.text]).toEqual([200, expect.any(String)]);
    const { stranded, differences, after } = got.body as unknown as PreviewJson;
    expect(stranded).toEqual([{ state: 'draft', count: 2, ids: ['o2', 'o1'] }]);
    expect(differences).toContainEqual({ change: 'removed', what: 'state', state: 'draft' });
    expect(differences).toContainEqual({ change: 'added', what: 'state', state: 'sketch' });
    expect(after.version).toBe(given.version + 1);
    expect(after.svg).toContain('data-state="sketch"');
  });

  it('refuses what is no chart of this kind, and says why', async () => {
    const bench = await createHttpBench();
    const given = await chart(bench);
    const wrong: [unknown, RegExp][] = [
      [undefined, /chart/],
      [{ ...given, kind: 'payment' }, /is of payment, and not of order/],
      [{ ...given, states: [...given.states, ...given.states] }, /two states of the same path/],
      [{ ...given, initial: 'nowhere' }, /leads to .*nowhere/],
      [{ ...given, states: Array(600).fill({ key: 'x', type: 'atomic' }) }, /300/],
    ];
    for (const [each, message] of wrong) {
      const got = await ask(bench, each);
      expect([got.status, got.text]).toEqual([422, expect.stringMatching(message)]);
    }
    expect((await ask(bench, given, { as: 'anna' })).status).toBe(403);
    expect((await bench.post('/machines/none/preview', { chart: given })).status).toBe(404);
    expect((await bench.get('/machines/order/preview')).status).toBe(405);
  });
});
