/** The judge on whole histories, requests and journal: an honest one, and the same with one lie in it. */
import { describe, expect, test } from 'vitest';
import type { JournalEntry } from '../../runtime/core/entry.ts';
import { judgeActor } from './check.ts';
import type { Answer, Call } from './recorder.ts';
import { answerOf, createServer, type Exchange, type Request } from './server.ts';
import { draft, order, registry } from './story.ts';

const hold = { command: 'hold', body: { handle: 'fraud', reason: 'looks odd' } };
const create = { command: 'create', body: draft };
const read = { command: 'read' };
const promise = answerOf(202, { id: 'k' });
const reused = answerOf(422, { type: '/problems/key-reused' });

function ask(...requests: readonly Request[]): Exchange[] {
  return requests.map(createServer());
}

/** A draft, whose place is answered so, without any effect. */
function askInVain(answer: Answer, key?: string): Exchange[] {
  const [made, shown] = ask(create, read) as [Exchange, Exchange];
  const [, placed] = ask(create, { command: 'place', ...(key === undefined ? {} : { key }) });
  return [made, { call: answered(placed, answer) }, { call: { ...shown.call, invoked: 5, returned: 6 } }];
}

function answered(exchange: Exchange | undefined, answer: Answer): Call {
  if (exchange === undefined) throw new Error('there is no such exchange');
  const isOpen = 'status' in answer && answer.status === 202;
  return { ...exchange.call, answer, returned: isOpen ? 4 : exchange.call.returned };
}

function changed(exchanges: readonly Exchange[], at: number, change: Partial<Exchange>): Exchange[] {
  return exchanges.map((each, index) => (index === at ? { ...each, ...change } : each));
}

function entryOf(exchange: Exchange | undefined): JournalEntry {
  if (exchange?.entry === undefined) throw new Error('there is no such entry');
  return exchange.entry;
}

function judged(exchanges: readonly Exchange[]): string {
  const calls = exchanges.map(({ call }) => call);
  const entries = exchanges.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
  const { verdict, problems } = judgeActor({ registry }, { actor: order, calls, entries });
  return problems.length === 0 ? verdict : problems.join('\n');
}

test('an honest history is linearizable', () => {
  const asked = ask(read, create, hold, { command: 'place', key: 'k' }, hold, { command: 'place' }, read);
  expect(judged(asked)).toBe('linearizable');
});

describe('a promise', () => {
  const asked = ask(create, { command: 'place', key: 'k' }, read, { command: 'place', key: 'k2' });

  test('is kept by what is accepted, and by what is refused', () => {
    expect(judged(changed(asked, 1, { call: answered(asked[1], promise) }))).toBe('linearizable');
    expect(judged(changed(asked, 3, { call: answered(asked[3], promise) }))).toBe('linearizable');
  });

  test('is kept without a key of the client, under the one that it names', () => {
    const { key: _key, ...call } = answered(asked[1], promise);
    expect(judged(changed(asked, 1, { call }))).toBe('linearizable');
    expect(judged(changed(asked, 1, { call: { ...call, answer: answerOf(202, { id: 'other' }) } }))).toMatch(
      /place by c2 .* → promised is not in the journal/,
    );
  });

  test('that is never kept is found', () => {
    expect(judged(askInVain(promise))).toMatch(/place by c2 .* → promised is not in the journal/);
    expect(judged(askInVain(promise, 'k'))).toMatch(/place by c2 .* → promised is not in the journal/);
  });

  test('that was kept before it was asked for is found', () => {
    const call = { ...answered(asked[1], promise), invoked: 20, returned: 21 };
    expect(judged(changed(asked, 1, { call }))).toMatch(/no place for/);
  });

  test('that the journal keeps otherwise than the chart is found', () => {
    const [made, placed] = asked as [Exchange, Exchange];
    const refused = { outcome: 'refused' as const, reason: 'unhandled', version: 1 };
    const entry: JournalEntry = { ...entryOf(placed), ...refused };
    expect(judged([made, { call: answered(placed, promise), entry }])).toMatch(/no place for/);
  });
});

describe('an answer that the API does not give', () => {
  test.each<[string, Answer]>([
    ['500', answerOf(500, { type: '/problems/internal' })],
    ['500 with what is no JSON', { status: 500, replayed: false, text: 'oops' }],
    ['418', answerOf(418, {})],
    ['204', { status: 204, replayed: false, text: '' }],
    ['a problem under the status of another', answerOf(500, { type: '/problems/illegal-transition' })],
    ['a problem without a name', answerOf(409, {})],
    ['applied without a view', answerOf(200, {})],
  ])('to a command is found: %s', (_, answer) => {
    expect(judged(askInVain(answer))).toMatch(/^place by c2 was answered \d+, which the API does not give/);
  });

  test.each([500, 202, 504, 403])('to a read is found: %i', (status) => {
    const asked = ask(create, read);
    const call = answered(asked[1], answerOf(status, { type: '/problems/internal' }));
    expect(judged(changed(asked, 1, { call }))).toMatch(/^read by c2 was answered/);
  });
});

describe('a key that is said to be used', () => {
  const key = 'k';
  const one = { command: 'hold', body: { handle: 'fraud', reason: 'one' }, key, subject: 'c' };
  const other = { ...one, body: { handle: 'fraud', reason: 'other' } };
  const reordered = { ...one, body: { reason: 'one', handle: 'fraud' } };
  const begun = [create, { command: 'place' }];

  /** The last two in one history, the second of them without an effect. */
  function asking(first: Request, second: Request, answers: { first?: Answer; second: Answer }): Exchange[] {
    const asked = ask(...begun, first, second);
    const isGiven = answers.first === undefined ? {} : { call: answered(asked[2], answers.first) };
    return [...changed(asked.slice(0, 3), 2, isGiven), { call: answered(asked[3], answers.second) }];
  }

  test('may be so where another request had it', () => {
    expect(judged(asking(one, other, { second: reused }))).toBe('linearizable');
  });

  test.each<[string, Exchange[]]>([
    ['nobody had it', askInVain(reused, key)],
    ['the same request had it', asking(one, reordered, { second: reused })],
    ['another caller had it', asking(one, { ...other, subject: 'd' }, { second: reused })],
    [
      'the other one was told the same',
      asking(one, other, { first: reused, second: reused }).map(({ call, entry }) =>
        entry?.event.type === 'order.hold' ? { call } : { call, ...(entry && { entry }) },
      ),
    ],
  ])('is found where %s', (_, exchanges) => {
    expect(judged(exchanges)).toMatch(/was told that its key was used, and it was not/);
  });
});

describe('a journal', () => {
  const place = { command: 'place', key: 'k' };
  const asked = ask(create, place, hold, { command: 'release', body: { handle: 'address' } }, read);

  test.each<[string, number, object]>([
    ['another event under the cause of a client', 1, { type: 'order.cancel' }],
    ['another event', 2, { ...hold.body, type: 'order.release' }],
    ['another payload', 2, { ...hold.body, reason: 'looks fine', type: 'order.hold' }],
    ['more payload', 1, { type: 'order.place', reason: 'why not' }],
    ['another payload of a refusal', 3, { type: 'order.release', handle: 'fraud' }],
    ['another order', 0, { ...draft, customerId: 'eve', type: 'order.create' }],
  ])('that tells of %s is found', (_, at, event) => {
    const entry = { ...entryOf(asked[at]), event: event as JournalEntry['event'] };
    const problems = judged(changed(asked, at, { entry }));
    expect(problems).toMatch(/is not in the journal/);
    expect(problems).toMatch(/is in the journal, and nobody sent it/);
  });

  test('that has another cause than the key of the client is found', () => {
    const entry = { ...entryOf(asked[1]), cause: 'c2|order/o1|other' };
    expect(judged(changed(asked, 1, { entry }))).toMatch(/place by c2 .* is not in the journal/);
  });

  test.each([[['k1', 'k2']], [[]]])(
    'with one entry for two refusals of one subject is found, keys %j',
    (keys) => {
      const [one, other] = [0, 1].map((at) => ({
        ...{ command: 'place', subject: 'c' },
        ...(keys[at] === undefined ? {} : { key: keys[at] }),
      })) as [Request, Request];
      const twice = ask(create, { command: 'place' }, one, other);
      expect(judged(twice)).toBe('linearizable');
      const [made, placed, refused, again] = twice as [Exchange, Exchange, Exchange, Exchange];
      expect(judged([made, placed, refused, { call: again.call }])).toMatch(
        /place by c .* is not in the journal/,
      );
    },
  );

  test('with two entries for one refusal is found', () => {
    const [made, refused] = ask(create, { ...hold, subject: 'c' }) as [Exchange, Exchange];
    const again = { ...entryOf(refused), cause: 'c|order/o1|again' };
    const entries = [entryOf(made), entryOf(refused), again];
    const { problems } = judgeActor(
      { registry },
      { actor: order, calls: [made.call, refused.call], entries },
    );
    expect(problems).toEqual(['order.hold by c is in the journal, and nobody sent it']);
  });
});
