/** Every message of the mailbox comes again, at once and much later: each takes effect once (I2). */
import { connect, headers, type NatsConnection } from 'nats';
import { afterEach, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { differences } from '../support/compare.ts';
import { createCleanUp, openCluster } from '../support/places.ts';
import { seeds } from '../support/random.ts';
import { moreApplied, startTraffic } from '../support/traffic.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

test.each(seeds(1))('does once what was sent three times, seed %i', async (seed) => {
  const { nats, env, close } = await openCluster();
  cleanUp.add(close);
  const app = await startApp(env);
  cleanUp.add(() => app.kill9());
  const connection = await connect({ servers: nats.url });
  cleanUp.add(() => connection.close());
  const again = sendAgain(connection, 'waybill.mailbox.>');
  await connection.flush();
  const traffic = startTraffic({ url: () => app.url, seed });
  cleanUp.add(traffic.abandon);
  await moreApplied(traffic, 600);
  await traffic.finish();
  const sent = again.sent();
  expect(sent).toBeGreaterThan(2 * lateBy);
  // The last of them are taken before the comparison: what comes behind them is.
  again.stop();
  const { status } = await app.post('/orders', { ...lastOrder, id: 'last' });
  expect(status).toBe(201);
  expect(await differences(traffic, { get: app.get })).toEqual([]);
});

const lateBy = 300;

/** Without Nats-Msg-Id, so that the broker takes it for another message. */
function sendAgain(connection: NatsConnection, subject: string): { sent(): number; stop(): void } {
  const mark = headers();
  mark.set('Sent-Again', 'yes');
  const late: { subject: string; data: Uint8Array }[] = [];
  let sent = 0;
  const publish = (message: { subject: string; data: Uint8Array }): void => {
    sent += 1;
    connection.publish(message.subject, message.data, { headers: mark });
  };
  const subscription = connection.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) throw error;
      if (message.headers?.has('Sent-Again') === true) return;
      publish(message);
      late.push({ subject: message.subject, data: message.data.slice() });
      if (late.length > lateBy) late.splice(0, 1).forEach(publish);
    },
  });
  return {
    sent: () => sent,
    stop() {
      subscription.unsubscribe();
      late.forEach(publish);
    },
  };
}

const lastOrder = {
  customerId: 'ada',
  currency: 'EUR',
  shipTo: { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' },
  lines: [{ sku: 'TEAPOT', quantity: 1, unitPrice: 500 }],
  draft: true,
};
