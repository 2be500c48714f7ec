import { describe, expect, it } from 'vitest';
import type { StateNode } from 'xstate';
import { maxOperations } from '../../machines/payment.books.ts';
import { checkDefinition } from '../../runtime/core/check.ts';
import {
  auth,
  authorizedDesk,
  Desk,
  money,
  mustConfirm,
  no,
  notFound,
  payment,
  paymentId,
  unknown,
  yes,
} from './payments.ts';

const minute = 60_000;
const hour = 60 * minute;
const first = { fulfillmentId: 'o1~f1', amount: 4_000 };
const second = { fulfillmentId: 'o1~f2', amount: 6_000 };
const types = (desk: Desk): string[] => desk.news().map(({ type }) => type);

it('is a chart that may run', () => {
  expect(checkDefinition(payment)).toEqual([]);
});

describe('authorizing', () => {
  it('asks the gateway when it is made, and tells a yes with what the gateway can do', () => {
    const desk = new Desk({ gateway: 'once' });
    expect(desk.state).toEqual(['requesting', 'working.calling']);
    expect(desk.call).toMatchObject({ source: 'carryOut', kind: 'authorize', amount: 10_000, paymentId });
    desk.answer(yes);
    expect(desk.state).toEqual(['authorized', 'idle']);
    expect(desk.news()).toEqual([{ type: 'payment.authorized', paymentId, capturesOnce: true }]);
    expect(desk.context.reference).toBe('ref');
  });

  it('tells a no with its reason', () => {
    const desk = new Desk();
    desk.answer(no);
    expect(desk.state).toEqual(['declined', 'idle']);
    expect(desk.news()).toEqual([{ type: 'payment.declined', paymentId, reason: 'no money' }]);
    expect(desk.record.snapshot.tags).toContain('ended');
  });

  it('rule 16: asked again, it says the same again, and asks the gateway no second time', () => {
    const again = (desk: Desk): string[] => {
      desk.news();
      const { call } = desk;
      desk.ask('payment.authorize', { orderId: 'o1', customerId: 'ada', ...money });
      expect(desk.call).toEqual(call);
      return types(desk);
    };
    const desk = new Desk();
    expect(again(desk)).toEqual([]);
    desk.answer(unknown);
    expect(again(desk)).toEqual(['payment.unknown']);
    desk.webhook({ ...auth, eventId: 'e1', outcome: 'requiresAction' });
    expect(again(desk)).toEqual(['payment.requiresAction']);
    desk.webhook({ ...auth, eventId: 'e2', outcome: 'failed' });
    expect(again(desk)).toEqual(['payment.declined']);
    desk.webhook({ ...auth, eventId: 'e3', outcome: 'succeeded' });
    expect(again(desk)).toEqual(['payment.declined']);
    desk.answer(yes);
    expect(again(desk)).toEqual(['payment.declined']);
    expect(again(authorizedDesk())).toEqual(['payment.authorized']);
    const voided = authorizedDesk();
    voided.ask('payment.void');
    expect(again(voided)).toEqual([]);
    voided.answer(yes);
    expect(again(voided)).toEqual(['payment.voided']);
  });

  it('rule 18: the key is made of the payment and the operation, and stays', () => {
    const desk = new Desk();
    const keys = [desk.call?.key];
    desk.answer(unknown);
    desk.after('lookUpWait');
    keys.push(desk.call?.key);
    desk.answer(notFound);
    keys.push(desk.call?.key);
    expect(keys).toEqual(Array(3).fill('o1~p1:auth'));
  });
});

describe('rule 4: unknown', () => {
  it('is told once, and looked up after 5 s, 30 s, 2 min, and then every 10 min', () => {
    const desk = new Desk();
    desk.answer(unknown);
    expect(desk.state).toEqual(['unknown', 'working.unknown']);
    const waits = [5_000, 30_000, 2 * minute, 10 * minute, 10 * minute].map((expected) => {
      const before = desk.now;
      desk.after('lookUpWait');
      expect(desk.call?.source).toBe('lookUp');
      const waited = desk.now - before;
      desk.answer(unknown);
      return [waited, expected];
    });
    for (const [waited, expected] of waits) expect(waited).toBe(expected);
    expect(desk.news()).toEqual([{ type: 'payment.unknown', paymentId }]);
  });

  it.each([
    ['no answer in time', (desk: Desk) => desk.answer({ key: undefined, ...unknown })],
    ['nothing but errors', (desk: Desk) => desk.fail()],
  ])('after %s, until a look-up finds something', (_, lose) => {
    const desk = new Desk();
    lose(desk);
    desk.after('lookUpWait');
    desk.fail();
    expect(desk.state).toEqual(['unknown', 'working.unknown']);
    desk.after('lookUpWait');
    desk.answer(yes);
    expect(types(desk)).toEqual(['payment.unknown', 'payment.authorized']);
  });

  it('“not found” settles nothing: the same key is carried out again, for 23 h', () => {
    const desk = new Desk();
    desk.answer(unknown);
    desk.after('lookUpWait');
    desk.answer(notFound);
    expect(desk.state).toEqual(['unknown', 'working.calling']);
    desk.fail();
    desk.after('paymentRepeat');
    expect(desk.elapsedMs).toBe(23 * hour);
    desk.after('lookUpWait');
    desk.answer(notFound);
    expect(desk.state).toEqual(['unknown', 'working.unknown']);
  });

  it('after 24 h a person looks, and what they find counts', () => {
    for (const outcome of ['succeeded', 'failed'] as const) {
      const desk = new Desk();
      desk.answer(unknown);
      desk.after('paymentStuck');
      expect(desk.elapsedMs).toBe(24 * hour);
      expect(desk.state).toEqual(['unknown', 'manualReview.waiting']);
      expect(types(desk)).toEqual(['payment.unknown', 'payment.stuck']);
      desk.settle(outcome);
      expect(types(desk)).toEqual([outcome === 'succeeded' ? 'payment.authorized' : 'payment.declined']);
      expect(desk.settle(outcome).outcome).toMatchObject({ outcome: 'refused', reason: 'unhandled' });
    }
  });

  it('under review it is still settled by a webhook or a look-up', () => {
    const review = (): Desk => {
      const desk = new Desk();
      desk.after('paymentStuck');
      desk.news();
      return desk;
    };
    const told = review();
    told.webhook({ ...auth, eventId: 'e1', outcome: 'succeeded' });
    expect(types(told)).toEqual(['payment.authorized']);
    const found = review();
    found.after('paymentLookUpRarely');
    found.answer(notFound);
    expect(found.state).toEqual(['unknown', 'manualReview.waiting']);
    found.after('paymentLookUpRarely');
    found.answer(no);
    expect(types(found)).toEqual(['payment.declined']);
  });

  it('who waits for a void or a close meanwhile is told that it is stuck', () => {
    const desk = new Desk();
    desk.after('paymentStuck');
    desk.news();
    desk.ask('payment.void');
    desk.ask('payment.close');
    expect(types(desk)).toEqual(['payment.stuck', 'payment.stuck']);
    desk.settle('failed');
    expect(types(desk)).toEqual(['payment.voided', 'payment.closed']);
  });
});

describe('the customer has to confirm', () => {
  it('is told once; the gateway is asked now and then', () => {
    const desk = new Desk();
    desk.answer(mustConfirm);
    expect(desk.state).toEqual(['requiresAction', 'awaitingCustomer.waiting']);
    expect(desk.news()).toEqual([{ type: 'payment.requiresAction', paymentId, url: '/confirm' }]);
    desk.after('lookUpWait');
    desk.answer(mustConfirm);
    desk.after('lookUpWait');
    desk.fail();
    expect(types(desk)).toEqual([]);
    desk.after('lookUpWait');
    desk.answer(yes);
    expect(desk.state).toEqual(['authorized', 'idle']);
    expect(types(desk)).toEqual(['payment.authorized']);
  });

  it('can be voided before they have', () => {
    const desk = new Desk();
    desk.answer(mustConfirm);
    desk.news();
    desk.ask('payment.void');
    expect(desk.state).toEqual(['voiding', 'working.calling']);
    desk.answer(yes);
    expect(desk.state).toEqual(['voided', 'idle']);
    expect(types(desk)).toEqual(['payment.voided']);
  });

  it('a void that the gateway refuses before they have is for a person', () => {
    const desk = new Desk();
    desk.answer(mustConfirm);
    desk.ask('payment.void');
    desk.answer(no);
    expect(desk.state).toEqual(['voiding', 'manualReview.waiting']);
  });

  it('a void that the gateway refuses for what has been declined meanwhile is done', () => {
    const desk = new Desk();
    desk.answer(mustConfirm);
    desk.news();
    desk.ask('payment.void');
    desk.webhook({ ...auth, eventId: 'e1', outcome: 'failed' });
    expect(desk.state).toEqual(['voiding', 'working.calling']);
    desk.answer(no);
    expect(desk.state).toEqual(['voided', 'idle']);
    expect(types(desk)).toEqual(['payment.voided']);
  });

  it('and does so while it is being voided: the void goes on, and the order hears of nothing else', () => {
    const desk = new Desk();
    desk.answer(mustConfirm);
    desk.news();
    desk.ask('payment.void');
    desk.webhook({ ...auth, eventId: 'e1', outcome: 'succeeded' });
    expect(desk.state).toEqual(['voiding', 'working.calling']);
    desk.answer(yes);
    expect(types(desk)).toEqual(['payment.voided']);
  });
});

describe('rule 4: a void', () => {
  it('waits until what is in flight has settled', () => {
    const desk = new Desk();
    desk.ask('payment.void');
    expect(desk.state).toEqual(['givenUp', 'working.calling']);
    desk.answer(unknown);
    desk.after('lookUpWait');
    expect(desk.call?.kind).toBe('authorize');
    desk.answer(yes);
    expect(desk.state).toEqual(['voiding', 'working.calling']);
    expect(desk.call).toMatchObject({ key: 'o1~p1:void', kind: 'void', amount: 0, reference: 'ref' });
    desk.answer(yes);
    expect(types(desk)).toEqual(['payment.voided']);
  });

  it('of one that is declined, before or after, needs no call', () => {
    const before = new Desk();
    before.answer(no);
    before.ask('payment.void');
    expect(types(before)).toEqual(['payment.declined', 'payment.voided']);
    const after = new Desk();
    after.ask('payment.void');
    after.answer(no);
    expect(types(after)).toEqual(['payment.voided']);
    for (const desk of [before, after]) expect(desk.state).toEqual(['voided', 'idle']);
  });

  it('voids what was authorized after all, and the order hears nothing of it', () => {
    const declined = new Desk();
    declined.answer(no);
    const givenUp = new Desk();
    givenUp.ask('payment.void');
    givenUp.answer(no);
    for (const desk of [declined, givenUp]) {
      desk.news();
      desk.webhook({ ...auth, eventId: 'late', outcome: 'succeeded', reference: 'late-ref' });
      expect(desk.state).toEqual(['voiding', 'working.calling']);
      expect(desk.call).toMatchObject({ kind: 'void', reference: 'late-ref' });
      desk.answer(yes);
      expect(desk.state).toEqual(['voided', 'idle']);
      expect(desk.news()).toEqual([]);
    }
    declined.ask('payment.void');
    expect(types(declined)).toEqual(['payment.voided']);
  });

  it('that is refused is for a person, who has it done again or has seen that it is so', () => {
    const desk = authorizedDesk();
    desk.ask('payment.void');
    desk.answer(no);
    expect(desk.state).toEqual(['voiding', 'manualReview.waiting']);
    expect(desk.context.stuck).toContain('no money');
    expect(types(desk)).toEqual(['payment.stuck']);
    desk.settle('failed');
    expect(desk.state).toEqual(['voiding', 'working.calling']);
    desk.webhook({ key: `${paymentId}:void`, kind: 'void', amount: 0, eventId: 'e1', outcome: 'failed' });
    expect(types(desk)).toEqual(['payment.stuck']);
    desk.settle('succeeded');
    expect(types(desk)).toEqual(['payment.voided']);
  });

  it('is all that is still done once a person has settled the money', () => {
    const desk = authorizedDesk();
    desk.ask('payment.capture', { fulfillmentId: 'o1~f1', amount: 4_000 });
    desk.answer(yes);
    desk.ask('payment.void');
    desk.ask('payment.refund', { refundId: '1', amount: 4_000 });
    desk.answer(no);
    expect(desk.state).toEqual(['voiding', 'manualReview.waiting']);
    desk.news();
    desk.ask('payment.drop');
    desk.settle('succeeded');
    expect(desk.state).toEqual(['voided', 'idle']);
    expect(types(desk)).toEqual(['payment.voided']);
  });

  it('asked twice is done once, and answered again', () => {
    const desk = authorizedDesk();
    desk.ask('payment.void');
    desk.ask('payment.void');
    desk.answer(yes);
    desk.ask('payment.void');
    expect(desk.call).toBeUndefined();
    expect(types(desk)).toEqual(['payment.voided', 'payment.voided']);
  });
});

describe('rule 14: captures', () => {
  it('wait in line, one operation at a time', () => {
    const desk = authorizedDesk();
    desk.ask('payment.capture', first);
    desk.ask('payment.capture', second);
    expect(desk.call).toMatchObject({ key: 'o1~p1:cap:o1~f1', amount: 4_000 });
    desk.answer(yes);
    expect(desk.call).toMatchObject({ key: 'o1~p1:cap:o1~f2', amount: 6_000 });
    desk.answer(no);
    expect(desk.news()).toEqual([
      { type: 'payment.captured', paymentId, ...first },
      { type: 'payment.captureFailed', paymentId, fulfillmentId: 'o1~f2', reason: 'no money' },
    ]);
  });

  it('of the same fulfillment are one', () => {
    const desk = authorizedDesk();
    desk.ask('payment.capture', first);
    desk.ask('payment.capture', first);
    desk.answer(yes);
    desk.ask('payment.capture', first);
    expect(types(desk)).toEqual(['payment.captured', 'payment.captured']);
    expect(desk.state).toEqual(['authorized', 'idle']);
  });

  it.each([
    ['the payment is not authorized', () => declinedDesk(), first.amount],
    ['the payment has been given up', () => voidedDesk(), first.amount],
    ['more than was authorized', () => authorizedDesk(), 10_001],
  ])('are refused by the books: %s', (reason, make, amount) => {
    const desk = make();
    desk.ask('payment.capture', { ...first, amount });
    expect(desk.news()).toEqual([
      { type: 'payment.captureFailed', paymentId, fulfillmentId: 'o1~f1', reason },
    ]);
    expect(desk.call).toBeUndefined();
  });

  it('count while nobody knows of them: two never take more than was authorized', () => {
    const desk = authorizedDesk();
    desk.ask('payment.capture', { ...first, amount: 6_000 });
    desk.answer(unknown);
    desk.ask('payment.capture', second);
    expect(types(desk)).toEqual(['payment.captureFailed']);
  });

  it('a second one is refused where the gateway takes no more than one, and the rest needs no void', () => {
    const desk = authorizedDesk({ gateway: 'once' });
    desk.ask('payment.capture', first);
    desk.answer(yes);
    desk.ask('payment.capture', second);
    desk.ask('payment.void');
    expect(desk.call).toBeUndefined();
    expect(types(desk)).toEqual(['payment.captured', 'payment.captureFailed', 'payment.voided']);
  });

  it('a void after them voids the rest; a close needs none where nothing is left', () => {
    const rest = authorizedDesk();
    rest.ask('payment.capture', first);
    rest.ask('payment.void');
    rest.answer(yes);
    expect(rest.call?.kind).toBe('void');
    rest.answer(yes);
    expect(types(rest)).toEqual(['payment.captured', 'payment.voided']);
    const all = authorizedDesk();
    all.ask('payment.capture', { ...first, amount: 10_000 });
    all.answer(yes);
    all.ask('payment.close');
    expect(all.state).toEqual(['closed', 'idle']);
    expect(types(all)).toEqual(['payment.captured', 'payment.closed']);
  });

  it('a close voids what is left, under its own key', () => {
    const desk = authorizedDesk();
    desk.ask('payment.close');
    expect(desk.call).toMatchObject({ key: 'o1~p1:close', kind: 'void' });
    desk.answer(yes);
    desk.ask('payment.close');
    desk.ask('payment.void');
    expect(types(desk)).toEqual(['payment.closed', 'payment.closed', 'payment.voided']);
  });
});

describe('refunds', () => {
  it('give back no more than was captured, also after the end', () => {
    const desk = authorizedDesk();
    desk.ask('payment.capture', first);
    desk.answer(yes);
    desk.ask('payment.close');
    desk.answer(yes);
    desk.ask('payment.refund', { refundId: '1', amount: 3_000 });
    desk.ask('payment.refund', { refundId: '2', amount: 2_000 });
    desk.ask('payment.refund', { refundId: '1', amount: 3_000 });
    desk.answer(yes);
    desk.ask('payment.refund', { refundId: '1', amount: 3_000 });
    expect(types(desk)).toEqual([
      'payment.captured',
      'payment.closed',
      'payment.refundFailed',
      'payment.refunded',
      'payment.refunded',
    ]);
    expect(desk.state).toEqual(['closed', 'idle']);
  });

  it('that the gateway refuses are told, and count no more', () => {
    const desk = authorizedDesk();
    desk.ask('payment.capture', first);
    desk.answer(yes);
    desk.ask('payment.refund', { refundId: '1', amount: 4_000 });
    desk.answer(no);
    desk.ask('payment.refund', { refundId: '2', amount: 4_000 });
    desk.answer(yes);
    expect(types(desk)).toEqual(['payment.captured', 'payment.refundFailed', 'payment.refunded']);
  });
});

describe('rule 5: webhooks', () => {
  it('settle the operation before the gateway answers; the answer is dropped', () => {
    const desk = new Desk();
    const [name = ''] = Object.keys(desk.record.activities);
    const { token = '' } = desk.record.activities[name] ?? {};
    desk.webhook({ ...auth, eventId: 'e1', outcome: 'succeeded', reference: 'hook' });
    expect(desk.state).toEqual(['authorized', 'idle']);
    expect(desk.context.reference).toBe('hook');
    const late = { from: 'activity', to: { kind: 'payment', id: paymentId }, activity: name, token } as const;
    expect(desk.take({ ...late, result: { output: no } }).outcome).toEqual({
      outcome: 'dropped',
      why: 'outlived',
    });
    expect(types(desk)).toEqual(['payment.authorized']);
  });

  it('scenario 3: the same ×5 and a late no: one confirmation, 4 duplicates, 1 stale', () => {
    const desk = new Desk();
    desk.answer(unknown);
    for (let time = 0; time < 5; time++) desk.webhook({ ...auth, eventId: 'e1', outcome: 'succeeded' });
    desk.webhook({ ...auth, eventId: 'e2', outcome: 'failed' });
    expect(types(desk)).toEqual(['payment.unknown', 'payment.authorized']);
    expect(desk.context.webhooks).toMatchObject({ taken: 1, duplicates: 4, stale: 1 });
    expect(desk.state).toEqual(['authorized', 'idle']);
  });

  it.each([
    ['another amount', { amount: 9_999 }],
    ['another currency', { currency: 'USD' }],
    ['another kind', { kind: 'capture' }],
    ['an operation that nobody asked for', { key: `${paymentId}:cap:x` }],
  ])('about %s are refused', (_, wrong) => {
    const desk = new Desk();
    const { outcome } = desk.webhook({ ...auth, eventId: 'e1', outcome: 'succeeded', ...wrong });
    expect(outcome).toMatchObject({ outcome: 'refused', reason: 'guard' });
    expect(desk.state).toEqual(['requesting', 'working.calling']);
  });

  it('that contradict, or ask for a customer who has confirmed, are stale', () => {
    const desk = authorizedDesk();
    desk.webhook({ ...auth, eventId: 'e1', outcome: 'requiresAction' });
    desk.ask('payment.capture', first);
    desk.answer(no);
    const capture = { key: 'o1~p1:cap:o1~f1', kind: 'capture', amount: 4_000 };
    desk.webhook({ ...capture, eventId: 'e2', outcome: 'succeeded' });
    expect(desk.context.webhooks).toMatchObject({ taken: 0, stale: 2 });
  });

  it('tell that a refund that was given has failed after all, once; a later yes is stale', () => {
    const desk = authorizedDesk();
    desk.ask('payment.capture', first);
    desk.answer(yes);
    desk.ask('payment.refund', { refundId: '1', amount: 3_000 });
    desk.answer(yes);
    const refund = { key: 'o1~p1:refund:1', kind: 'refund', amount: 3_000 };
    desk.webhook({ ...refund, eventId: 'e1', outcome: 'succeeded' });
    for (const eventId of ['e2', 'e3']) desk.webhook({ ...refund, eventId, outcome: 'failed' });
    expect(types(desk)).toEqual(['payment.captured', 'payment.refunded', 'payment.refundFailed']);
    expect(desk.context.operations.at(-1)).toMatchObject({ state: 'failed' });
    desk.webhook({ ...refund, eventId: 'e4', outcome: 'succeeded' });
    expect(desk.context.webhooks).toMatchObject({ taken: 1, stale: 3 });
    desk.ask('payment.refund', { refundId: '2', amount: 4_000 });
    desk.answer(yes);
    expect(types(desk).at(-1)).toBe('payment.refunded');
  });

  it('do not turn round a capture or an authorization that was given', () => {
    const desk = authorizedDesk();
    desk.ask('payment.capture', first);
    desk.answer(yes);
    const capture = { key: 'o1~p1:cap:o1~f1', kind: 'capture', amount: 4_000 };
    desk.webhook({ ...capture, eventId: 'e1', outcome: 'failed' });
    desk.webhook({ ...auth, eventId: 'e2', outcome: 'failed' });
    expect(desk.context.webhooks).toMatchObject({ taken: 0, stale: 2 });
  });

  it('may come from nobody but a gateway', () => {
    const desk = new Desk();
    const { outcome } = desk.settle('succeeded');
    expect(outcome).toMatchObject({ reason: 'unhandled' });
    expect(Object.keys(payment.commands['payment.webhook'] ?? {})).toEqual(['webhook']);
    expect(Object.keys(payment.commands['payment.settle'] ?? {})).toEqual(['admin']);
  });
});

it('rule 19: it has no final state, so that late facts are heard', () => {
  const { machine } = payment;
  const nodes = [...(machine as unknown as { idMap: Map<string, StateNode> }).idMap.values()];
  expect(nodes.filter(({ type }) => type === 'final')).toEqual([]);
  expect(nodes.filter(({ tags }) => tags.includes('ended')).map(({ key }) => key)).toEqual([
    'declined',
    'voided',
    'closed',
  ]);
});

describe('rule 20: what grows is bounded', () => {
  it('the last 100 webhooks are known again', () => {
    const desk = authorizedDesk();
    for (let number = 0; number < 130; number++) {
      desk.webhook({ ...auth, eventId: `e${number}`, outcome: 'failed' });
    }
    expect(desk.context.webhooks.seen).toHaveLength(100);
    expect(desk.context.webhooks.stale).toBe(130);
    desk.webhook({ ...auth, eventId: 'e129', outcome: 'failed' });
    expect(desk.context.webhooks.duplicates).toBe(1);
  });

  it('so are its operations', () => {
    const desk = authorizedDesk();
    for (let number = 0; number < maxOperations; number++) {
      desk.ask('payment.capture', { fulfillmentId: `o1~f${number}`, amount: 1 });
    }
    expect(desk.context.operations).toHaveLength(maxOperations);
    expect(desk.news()).toMatchObject([{ type: 'payment.captureFailed', reason: 'too many operations' }]);
    desk.ask('payment.void');
    expect(desk.context.operations).toHaveLength(maxOperations + 1);
  });
});

function declinedDesk(): Desk {
  const desk = new Desk();
  desk.answer(no);
  desk.news();
  return desk;
}

function voidedDesk(): Desk {
  const desk = authorizedDesk();
  desk.ask('payment.void');
  desk.answer(yes);
  desk.news();
  return desk;
}
