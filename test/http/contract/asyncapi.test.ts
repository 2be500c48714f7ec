/** `/asyncapi.json` is valid, and true of what stands in mailboxes, logs and streams. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { definitions } from '../../../actors/registry.ts';
import { asyncApiOf, type AsyncApi } from '../../../http/contract/asyncapi.ts';
import type { JournalEntry } from '../../../runtime/core/entry.ts';
import { mailSchema } from '../../../runtime/message.ts';
import type { Backend } from '../../../runtime/ports.ts';
import { createRegistry } from '../../../runtime/core/registry.ts';
import { createHttpBench, order, type HttpBench } from '../../support/http.ts';

const document = JSON.parse(JSON.stringify(asyncApiOf(createRegistry(definitions)))) as AsyncApi;

it('is served, the same text each time, and known by its tag', async () => {
  const { get } = await createHttpBench();
  const { status, text, headers } = await get('/asyncapi.json', { as: null });
  expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
  const etag = headers.get('etag') ?? '';
  expect((await get('/asyncapi.json', { as: null, headers: { 'if-none-match': etag } })).status).toBe(304);
  const { channels } = JSON.parse(text) as AsyncApi;
  expect(Object.keys(channels)).toEqual(Object.keys(document.channels));
  expect(JSON.stringify(asyncApiOf(createRegistry(definitions)))).toBe(JSON.stringify(document));
});

it('is valid AsyncAPI 3.0', () => {
  const file = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json');
  const ajv = newAjv();
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
});

it('has no reference that leads nowhere', () => {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
  const inside = (value: unknown, part: string): unknown =>
    (value as Record<string, unknown> | undefined)?.[part];
  expect(refs.filter((path) => path.split('/').reduce(inside, document) === undefined)).toEqual([]);
});

it('says who may send what', () => {
  const { messages } = document.components;
  expect(messages['order.cancelLine']?.['x-senders']).toEqual(['cs', 'admin']);
  expect(messages['payment.webhook']?.['x-senders']).toEqual(['gateways and carriers, by webhook']);
  expect(messages['order.payment.authorized']?.['x-senders']).toEqual(['other actors']);
  expect(messages['order.timer']?.['x-senders']).toEqual(['its own clock']);
  expect(document.channels['trackingNumber']?.messages['trackingNumber.activity']).toBeUndefined();
});

it('describes every message of an order’s way, and every entry of the journal that comes of it', async () => {
  const mail: string[] = [];
  const bench = await createHttpBench({ wrap: (backend) => overhearing(backend, mail) });
  await shipOne(bench);
  await bench.post('/orders/o1/pay', { method: 'ok' });
  // The gateway does not answer: it is looked up when a timer says so.
  await bench.post('/orders', { ...order, payment: { gateway: 'sandbox', method: 'timeout-succeeds' } });
  await bench.clock.advance(60_000);
  const check = createChecker();
  const seen = new Set<string>();
  for (const text of mail) {
    const message = mailSchema.parse(JSON.parse(text));
    const { from, to } = message;
    const name =
      from === 'outside' || from === 'actor' ? nameOf(to.kind, message.event.type) : `${to.kind}.${from}`;
    check(`#/components/messages/${name}/payload`, JSON.parse(text));
    const channel = document.channels[to.kind]?.messages ?? {};
    expect(Object.keys(channel)).toContain(name);
    seen.add(from);
  }
  expect([...seen].toSorted()).toEqual(['activity', 'actor', 'outside', 'timer']);
  const journal = await bench.backend.journal.readAll(0, 1_000);
  for (const { body } of journal) check('#/components/schemas/JournalEntry', JSON.parse(body));
  const outcomes = new Set(journal.map(({ body }) => (JSON.parse(body) as JournalEntry).outcome));
  expect([...outcomes].toSorted()).toEqual(['accepted', 'refused']);
  const { items } = (await bench.get('/orders/o1/history')).body;
  for (const item of items) check('#/components/schemas/StreamedEvent', { ...item, kind: 'order', id: 'o1' });
});

it('describes dead letters, what is decided about them, and how they are sent again', async () => {
  const mail: string[] = [];
  const bench = await createHttpBench({ wrap: (backend) => overhearing(backend, mail) });
  const { backend } = bench;
  const to = { kind: 'warehouse', id: 'W9' };
  const event = { type: 'warehouse.free', fulfillmentId: 'o1~f1' };
  const message = {
    from: 'actor',
    to,
    event,
    id: 'm1',
    sender: { kind: 'fulfillment', id: 'o1~f1' },
    channel: 0,
    number: 1,
  };
  await backend.mailbox.append({ to, partition: 0, id: 'broken', dedupe: false, body: '{"half' });
  await backend.mailbox.append({ to, partition: 0, id: 'm1', dedupe: false, body: JSON.stringify(message) });
  await bench.clock.until(async () => (await bench.get('/dead-letters')).body.items.length === 2);
  await bench.post('/dead-letters/broken/discard', { reason: 'nonsense' });
  await bench.post('/dead-letters/m1/redrive', { reason: 'again' });
  const check = createChecker();
  const letters = (await backend.deadLetters.readAll(0, 100)).map(({ body }) => JSON.parse(body) as object);
  for (const letter of letters) {
    check(`#/components/schemas/${'settles' in letter ? 'Settlement' : 'DeadLetter'}`, letter);
  }
  expect(letters.filter((letter) => 'settles' in letter)).toHaveLength(2);
  const again = mail.filter((text) => text.startsWith('{"from":"redrive"'));
  expect(again).toHaveLength(1);
  check('#/components/messages/warehouse.redrive/payload', JSON.parse(again[0] ?? ''));
});

function newAjv(): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv;
}

function createChecker(): (pointer: string, value: unknown) => void {
  const ajv = newAjv().addSchema(document, 'asyncapi');
  const validators = new Map<string, ValidateFunction>();
  return (pointer, value) => {
    const validate = validators.get(pointer) ?? ajv.compile({ $ref: `asyncapi${pointer}` });
    validators.set(pointer, validate);
    validate(value);
    expect(validate.errors ?? [], `${pointer}: ${JSON.stringify(value).slice(0, 400)}`).toEqual([]);
  };
}

function nameOf(kind: string, type: string): string {
  return type.startsWith(`${kind}.`) ? type : `${kind}.${type}`;
}

/** Keeps what is put into mailboxes. */
function overhearing(backend: Backend, mail: string[]): Backend {
  const mailbox: Backend['mailbox'] = {
    ...backend.mailbox,
    append(entry) {
      mail.push(entry.body);
      return backend.mailbox.append(entry);
    },
  };
  return { ...backend, mailbox };
}

/** From the order to the parcel in the customer's hands. */
async function shipOne(bench: HttpBench): Promise<void> {
  const { active, clock, get, post } = bench;
  await active('o1');
  const path = '/fulfillments/o1~f1';
  for (const [step, body] of [
    ['start-pick', {}],
    ['finish-pick', { lines: [{ lineId: 'l1', quantity: 2 }] }],
    ['start-pack', {}],
    ['finish-pack', {}],
    ['hand-over', {}],
  ] as const) {
    await clock.until(async () => (await post(`${path}/${step}`, body)).status === 200);
  }
  await clock.until(async () => (await get('/orders/o1')).text.includes('active.execution.shipped'));
}
