/** Dead letters over HTTP on both backends: they outlive kill -9, and a redrive is done once across it. */
import { connect } from 'nats';
import { afterEach, expect, test } from 'vitest';
import { keyOf, partitionOf } from '../../runtime/address.ts';
import type { LetterJson, LettersJson } from '../../http/dead-letters/letter.ts';
import type { Mailbox } from '../../runtime/ports.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { startApp, type App } from '../support/app.ts';
import { systemClock } from '../../persistence/system.ts';
import { createCleanUp, openCluster, openFile } from '../support/places.ts';
import { askForSlot } from '../support/stray.ts';
import { until } from '../support/until.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const stray = { warehouse: 'W9', order: 'o1' };
const warehouse = { id: 'W9', country: 'GB', location: { lat: 51.5, lon: -0.1 }, capacity: 5 };

async function embedded(): Promise<App> {
  const { env, close } = await openFile();
  cleanUp.add(close);
  const first = await startApp(env);
  await first.stop();
  const backend = await openSqlite({ file: env['WAYBILL_DATA'] ?? '', clock: systemClock });
  await askForSlot(backend, stray);
  await backend.close();
  return startApp(env);
}

async function cluster(): Promise<App> {
  const { nats, env, close } = await openCluster();
  cleanUp.add(close);
  const app = await startApp(env);
  const connection = await connect({ servers: nats.url });
  const mailbox: Pick<Mailbox, 'append'> = {
    async append({ to, body }) {
      const subject = `waybill.mailbox.${partitionOf(keyOf(to), 8)}.${to.kind}.${to.id}`;
      await connection.jetstream().publish(subject, body);
    },
  };
  await askForSlot({ mailbox: mailbox as Mailbox }, stray);
  await connection.close();
  return app;
}

async function letters(app: App, query = ''): Promise<readonly LetterJson[]> {
  const got = await app.get(`/dead-letters${query}`);
  return ((await got.json()) as LettersJson).items;
}

test.each([
  ['embedded', embedded],
  ['cluster', cluster],
])('on the %s backend', async (_, open) => {
  const app = await open();
  cleanUp.add(() => app.kill9());
  await until(async () => (await letters(app)).length === 1);
  const [letter] = await letters(app);
  expect(letter).toMatchObject({ kind: 'warehouse', actor: 'W9', event: 'warehouse.slot', status: 'open' });
  await app.post('/warehouses', warehouse);
  await app.kill9();
  await app.restart();
  const path = `/dead-letters/${encodeURIComponent(letter?.id ?? '')}`;
  const redrive = (): Promise<Response> => app.post(`${path}/redrive`, { reason: 'it was missing' });
  const answers = await Promise.all([redrive(), redrive()]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  await app.kill9();
  await app.restart();
  expect((await redrive()).status).toBe(409);
  expect(await letters(app, '?kind=warehouse&status=all')).toMatchObject([
    { status: 'redriven', settled: { reason: 'it was missing', end: { outcome: 'accepted', version: 2 } } },
  ]);
  const view = (await (await app.get('/warehouses/W9')).json()) as { context: { used: number } };
  expect(view.context.used).toBe(1);
});
