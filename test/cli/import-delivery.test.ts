/** What is made of every answer that a server can give, and of none. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import { createClient } from '../../cli/import/client.ts';
import { creationOf, type Checked } from '../../cli/import/creation.ts';
import { createDelivery } from '../../cli/import/delivery.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { order } from './importing.ts';

const creation = creationOf(createRegistry(definitions), 'order');

const soon = { 'retry-after': '0' };

type Reply = (response: ServerResponse) => void;

const answer =
  (status: number, body: object = {}, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const problem = (status: number, name: string, fields: object = {}): Reply =>
  answer(status, { type: `/problems/${name}`, title: name, detail: `it is ${name}`, ...fields }, soon);

const silence: Reply = (response) => response.destroy();
const created = answer(201);

/** A server that gives these answers, one after the other, and the last one for ever. */
async function given(...replies: Reply[]) {
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'POST') keys.push(request.headers['idempotency-key']);
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      reply?.(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ url, token: 'abc', atOnce: 4 });
  onTestFinished(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  const ending = new AbortController();
  const deliver = createDelivery({ client, creation, patienceMs: 1, signal: ending.signal });
  const patient = createDelivery({ client, creation, patienceMs: 60_000, signal: ending.signal });
  return { deliver, patient, keys, ending };
}

const value = order('o-1');
const checked = creation.check(value) as Checked;
const body = JSON.stringify(value);
const view = (context: object): Reply => answer(200, { context });

test.each<[string, Reply[], object]>([
  ['201', [created], { is: 'created' }],
  ['201 again', [answer(201, {}, { 'idempotency-replayed': 'true' })], { is: 'there' }],
  ['202, then 201', [answer(202, {}, soon), created], { is: 'created' }],
  ['429, then 201', [problem(429, 'too-many-requests'), created], { is: 'created' }],
  ['503, then 201', [problem(503, 'unavailable'), created], { is: 'created' }],
  ['504, then 201', [problem(504, 'unknown-outcome'), created], { is: 'created' }],
  ['409 in progress, then 201', [problem(409, 'in-progress'), created], { is: 'created' }],
  ['500, then 201', [problem(500, 'internal'), created], { is: 'created' }],
  ['a proxy that says 502, then 201', [answer(502, {}, soon), created], { is: 'created' }],
  [
    '403',
    [problem(403, 'forbidden')],
    { is: 'refused', refusal: { type: '/problems/forbidden', reason: 'it is forbidden' } },
  ],
  [
    '422',
    [problem(422, 'invalid', { errors: [{ pointer: '/a', message: 'no' }] })],
    { refusal: { type: '/problems/invalid', errors: [{ pointer: '/a', message: 'no' }] } },
  ],
  ['a dead letter', [problem(500, 'dead-letter')], { refusal: { type: '/problems/dead-letter' } }],
  ['500 without end', [problem(500, 'internal')], { refusal: { type: '/problems/internal' } }],
  [
    'no problem at all',
    [answer(418)],
    { refusal: { type: 'about:blank', reason: 'the server answers 418' } },
  ],
  [
    '409, and the same is there',
    [problem(409, 'already-exists'), view({ ...value, more: 1 })],
    { is: 'there' },
  ],
  [
    '409, and another is there',
    [problem(409, 'already-exists'), view({ ...value, currency: 'USD', lines: [] })],
    {
      refusal: {
        type: '/problems/already-exists',
        errors: [{ pointer: '/currency' }, { pointer: '/lines' }],
      },
    },
  ],
  [
    '409, and what is there may not be seen',
    [problem(409, 'already-exists'), problem(403, 'forbidden')],
    {
      refusal: { type: '/problems/already-exists', reason: 'order o-1 exists already, made by someone else' },
    },
  ],
])('%s', async (_name, replies, outcome) => {
  const { patient, keys } = await given(...replies);
  expect(await patient(checked, body)).toMatchObject(outcome);
  expect(new Set(keys)).toEqual(new Set([checked.key]));
});

test('a connection that breaks is tried again under the same key', async () => {
  const { patient, keys } = await given(silence, silence, created);
  expect(await patient(checked, body)).toEqual({ is: 'created' });
  expect(keys).toEqual([checked.key, checked.key, checked.key]);
});

test('a server that does not answer for too long ends the import', async () => {
  const { deliver } = await given(silence);
  await expect(deliver(checked, body)).rejects.toThrow('the server has not answered for');
});

test.each<[string, Reply, string]>([
  [
    'a token that is not taken',
    problem(401, 'unauthenticated'),
    'the server does not take the token: it is unauth',
  ],
  ['something that is no Waybill', answer(404), 'this is no Waybill that has /orders: it answers 404'],
  ['a redirect', answer(301), 'this is no Waybill that has /orders: it answers 301'],
])('%s ends the import', async (_name, reply, message) => {
  const { deliver } = await given(reply);
  await expect(deliver(checked, body)).rejects.toThrow(message);
});

test('what is waited for ends when it is told to', async () => {
  const { patient, ending } = await given((response) => {
    answer(503, {}, { 'retry-after': '300' })(response);
    ending.abort();
  });
  await expect(patient(checked, body)).rejects.toThrow('aborted');
});

test('the key is of the content, not of how it is written', () => {
  const key = (given: Record<string, unknown>) => (creation.check(given) as Checked).key;
  const { id, ...rest } = value;
  expect(key({ ...rest, draft: false, id })).toBe(key(value));
  expect(key({ ...value, draft: true })).not.toBe(key(value));
  expect(key({ ...value, id: 'o-2' })).not.toBe(key(value));
  expect(key(value)).toMatch(/^[\x21-\x7e]{1,200}$/);
});
