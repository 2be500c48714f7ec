/** Free text goes, and the replay is none the worse for it. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { definitions } from '../../actors/registry.ts';
import type { Entry } from '../../cli/export/entry.ts';
import { readingOf } from '../../cli/export/free-text.ts';
import { createRedactor } from '../../cli/export/redact.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { counter } from '../support/charts.ts';

const definitionOf = (name: string): ActorDefinition =>
  definitions.find(({ kind }) => kind === name) ?? expect.fail(`there is no ${name}`);
const order = definitionOf('order');

test('free text is what has no pattern, and is not one of a few', () => {
  const address = ['city', 'line1', 'name', 'postalCode'];
  const free: Record<string, string[]> = {
    order: [...address, 'customerId', 'method', 'reason', 'url'],
    fulfillment: [...address, 'reason'],
    payment: ['customerId', 'eventId', 'method', 'reason', 'reference'],
    shipment: [...address, 'eventId', 'reason'],
    stockItem: ['reason', 'receiptId'],
    warehouse: [],
    routing: address,
    trackingNumber: ['eventId'],
  };
  for (const definition of definitions) {
    expect([...readingOf(definition).freeNames].sort()).toEqual(free[definition.kind]?.sort());
  }
});

test('an address to write to is free text, though it has a form', () => {
  const events = {
    'counter.mail': z.strictObject({ to: z.email(), on: z.iso.date(), size: z.enum(['a', 'b']) }),
  };
  const reading = readingOf({ ...counter, events });
  const found = reading.stringsOf({
    type: 'counter.mail',
    to: 'ada@example.org',
    on: '2026-01-01',
    size: 'a',
    more: 'x',
  });
  expect(found).toEqual({ free: ['ada@example.org', 'x'], kept: ['2026-01-01', 'a'] });
});

function redacted(entries: readonly Entry[], definition = order): Entry[] {
  const redactor = createRedactor(definition, { kind: definition.kind, id: 'o-1' });
  for (const entry of entries) redactor.note(entry);
  return entries.map((entry) => redactor.redact(entry));
}

const base: Entry = {
  version: 1,
  chart: 1,
  at: 1,
  event: { type: 'order.create' },
  source: { from: 'outside', subject: 'ada', roles: ['customer'], warehouses: [] },
  cause: 'ada|order/o-1|k',
  outcome: 'accepted',
  from: null,
  to: 'draft',
};

test('the same text has the same placeholder, trimmed or not, alone or as a part', () => {
  const [entry] = redacted([
    {
      ...base,
      event: { type: 'order.create', customerId: 'ada', shipTo: { name: ' Ada L ', country: 'GB' } },
      after: {
        value: 'draft',
        status: 'active',
        context: { shipTo: { name: 'Ada L' }, label: 'for Ada L, GB' },
      },
    },
  ]);
  expect(entry).toMatchObject({
    event: { customerId: 'redacted 1', shipTo: { name: 'redacted 2', country: 'GB' } },
    source: { subject: 'redacted 1', roles: ['customer'] },
    cause: 'redacted 3',
    after: { value: 'draft', context: { shipTo: { name: 'redacted 2' }, label: 'for redacted 2, GB' } },
  });
});

test('ids stay, also where somebody has the same name, and so does what the schema fills in', () => {
  const lines = [{ sku: 'TEAPOT', quantity: 1, unitPrice: 1 }];
  const asked: Entry = { ...base, event: { type: 'routing.candidates', warehouses: ['W1'] } };
  const [entry, answer] = redacted([
    {
      ...base,
      event: { type: 'order.create', customerId: 'TEAPOT', shipTo: { name: 'o-1', line1: 'W1' }, lines },
      after: {
        context: {
          lines,
          payment: { method: 'ok' },
          fulfillments: { 'o-1~f1': { warehouse: 'W1' } },
          own: 'o-1~f1',
        },
      },
    },
    asked,
  ]);
  expect(answer?.event).toEqual(asked.event);
  expect(entry?.event).toEqual({
    type: 'order.create',
    customerId: 'TEAPOT',
    shipTo: { name: 'o-1', line1: 'W1' },
    lines,
  });
  expect(entry?.after).toEqual({
    context: {
      lines,
      payment: { method: 'ok' },
      fulfillments: { 'o-1~f1': { warehouse: 'W1' } },
      own: 'o-1~f1',
    },
  });
});

test('what does not fit its pattern may be anything, and still does not fit', () => {
  const shipTo = { name: 'x'.repeat(300), country: 'Ada' };
  const [entry] = redacted([
    { ...base, outcome: 'refused', reason: 'invalid', event: { type: 'order.changeAddress', shipTo } },
  ]);
  const { name, country } = entry?.event['shipTo'] as typeof shipTo;
  expect([name.startsWith('redacted '), name.length]).toEqual([true, 300]);
  expect(country).toMatch(/^redacted \d$/);
});

test('where somebody lives is left as a region, and all other numbers stay', () => {
  const shipTo = { country: 'GB', location: { lat: 51.50853, lon: -0.12574 } };
  const lines = [{ sku: 'TEAPOT', quantity: 3, unitPrice: 1_999 }];
  const [entry] = redacted([
    { ...base, event: { type: 'order.create', shipTo, lines }, after: { context: { shipTo, lines } } },
  ]);
  const region = { country: 'GB', location: { lat: 52, lon: -0 } };
  expect(entry).toMatchObject({
    event: { shipTo: region, lines },
    after: { context: { shipTo: region, lines } },
  });
});

test('links go, also out of what an activity has brought', () => {
  const label = { carrier: 'sandbox', trackingNumber: 'SB1', url: 'https://labels.example/ada?key=1' };
  const [entry] = redacted(
    [
      {
        ...base,
        event: { type: 'xstate.done.actor.book', output: { outcome: 'booked', label } },
        after: { context: { label } },
      },
    ],
    definitionOf('shipment'),
  );
  const without = { ...label, url: expect.stringMatching(/^redacted \d\.+$/) as string };
  expect(entry).toMatchObject({
    event: { output: { outcome: 'booked', label: without } },
    after: { context: { label: without } },
  });
});

test('states, tokens and what comes from other actors stay', () => {
  const given: Entry = {
    ...base,
    event: { type: 'order.cancel', reason: 'draft' },
    source: { from: 'actor', actor: 'order/o-1' },
    cause: 'order/o-1@3.0',
  };
  const [entry] = redacted([
    { ...given, after: { value: 'draft', status: 'active', context: { reason: 'draft' } } },
  ]);
  expect(entry).toMatchObject({
    ...{ source: given.source, cause: given.cause, to: 'draft' },
    after: { value: 'draft', status: 'active', context: { reason: 'redacted 1' } },
  });
});
