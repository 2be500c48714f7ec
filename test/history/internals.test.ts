/** What no client sends: another actor's message, an activity's result, a webhook, a timer. One shipment has all. */
import { describe, expect, test } from 'vitest';
import { journalPublication, type JournalEntry } from '../../runtime/core/entry.ts';
import type { Message } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { turn } from '../../runtime/core/turn.ts';
import { viewOf } from '../../runtime/core/view.ts';
import { judgeActor } from './check.ts';
import type { Call } from './recorder.ts';
import { answerOf } from './server.ts';
import { kindOf } from './sent.ts';
import { draft, registry } from './story.ts';

const actor = 'shipments/o1~f1~s1';
const to = { kind: 'shipment', id: 'o1~f1~s1' };
const label = { carrier: 'sandbox', trackingNumber: 'SB1', url: null };
const webhook = { subject: 'webhook:sandbox', roles: ['webhook'], warehouses: [] };
const reader = { subject: 'c1', roles: ['cs'], warehouses: [] };

/** It is booked, claims its number, leaves, and is not seen again for long. */
function shipped(): { entries: JournalEntry[]; read: Call } {
  const entries: JournalEntry[] = [];
  let record: ActorRecord | undefined;

  function take(message: Message): void {
    const time = message.from === 'timer' ? (record?.timers[message.timer]?.at ?? 0) : 0;
    const taken = turn({ registry, record, message, time, sequence: 0 });
    expect(taken.outcome.outcome).toBe('accepted');
    entries.push(JSON.parse(journalPublication({ message, time, chart: 1 }, taken).body) as JournalEntry);
    record = taken.record;
  }
  function hear(event: Extract<Message, { from: 'actor' }>['event'], kind: string, id: string): void {
    const sender = { kind, id };
    const cause = `${kind}/${id}@1.${entries.length}`;
    take({ from: 'actor', to, event, id: cause, sender, channel: 0, number: 1 });
  }

  const lines = [{ lineId: 'l1', sku: 'TEAPOT', quantity: 1 }];
  const wish = { orderId: 'o1', fulfillmentId: 'o1~f1', warehouse: 'W1', shipTo: draft.shipTo, revision: 1 };
  hear({ ...wish, lines, type: 'shipment.book' }, 'fulfillment', 'o1~f1');
  const [activity, token] = pendingIn(record?.activities);
  take({ from: 'activity', to, activity, token, result: { output: { outcome: 'booked', label } } });
  const claimed = { carrier: 'sandbox', trackingNumber: 'SB1' };
  hear({ ...claimed, type: 'tracking.claimed' }, 'trackingNumber', 'sandbox~SB1');
  const scan = { eventId: 'SB1-1', status: 'inTransit', ...claimed, type: 'shipment.scan' };
  take({ from: 'outside', to, event: scan, principal: webhook, id: 'w1', kept: false, madeAt: 0 });
  const [timer, due] = pendingIn(record?.timers);
  take({ from: 'timer', to, timer, token: due });
  if (record === undefined) throw new Error('there is a shipment');
  const answer = answerOf(200, viewOf(kindOf(registry, actor), record, reader));
  const asked = { principal: reader, actor, command: 'read', body: '{}' };
  return { entries, read: { ...asked, invoked: 1, returned: 2, answer } };
}

/** The first one, and its token. */
function pendingIn(pending: Readonly<Record<string, { token: string }>> | undefined): [string, string] {
  const [name = '', { token } = { token: '' }] = Object.entries(pending ?? {})[0] ?? [];
  return [name, token];
}

const { entries, read } = shipped();

function judged(given: readonly JournalEntry[]): string {
  const { verdict, problems } = judgeActor({ registry }, { actor, calls: [read], entries: given });
  return problems.length === 0 ? verdict : problems.join('\n');
}

/** The entry of that event, otherwise than it was. */
function told(type: string, change: (entry: JournalEntry) => Partial<JournalEntry>): JournalEntry[] {
  return entries.map((entry) => (entry.event.type === type ? { ...entry, ...change(entry) } : entry));
}

test('has its place where the journal has it', () => {
  expect(entries.map(({ source }) => source.from)).toEqual([
    ...['actor', 'activity', 'actor', 'outside', 'timer'],
  ]);
  expect(judged(entries)).toBe('linearizable');
});

describe('is found', () => {
  const done = 'xstate.done.actor.book';

  test.each<[string, readonly JournalEntry[]]>([
    [
      'a result that the activity did not give',
      told(done, ({ event }) => ({
        event: { ...event, output: { outcome: 'refused', reason: 'no' } } as never,
      })),
    ],
    ['a result of another activity', told(done, () => ({ cause: 'nobody has asked for it' }))],
    [
      'another state than the result leads to',
      told(done, ({ after }) => ({ after: { ...(after as object), status: 'done' } })),
    ],
    ['a result twice', [...entries, { ...(entries[1] as JournalEntry), version: 6 }]],
    [
      'a scan that nobody may send',
      told('shipment.scan', ({ source }) => ({
        source: { ...source, roles: ['webhook', 'x'], subject: 'webhook:sandbox', warehouses: [] } as never,
        event: { type: 'shipment.void' },
      })),
    ],
    [
      'a scan of another parcel',
      told('shipment.scan', ({ event }) => ({ event: { ...event, trackingNumber: 'SB2' } as never })),
    ],
    ['a timer that was not set', told(entries[4]?.event.type ?? '', () => ({ cause: 'not set' }))],
    ['an answer that is missing', entries.filter(({ event }) => event.type !== 'tracking.claimed')],
  ])('%s', (_, given) => {
    expect(judged(given)).toMatch(/no place for/);
  });
});
