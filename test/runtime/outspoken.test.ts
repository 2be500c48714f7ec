/** What the broker will never take: it stands still, and somebody hears of it. */
import { expect, test } from 'vitest';
import { TerminalError } from '../../runtime/errors.ts';
import { payerWith } from '../support/charts.ts';
import { createCluster } from '../support/cluster.ts';
import type { Call, Interfere } from '../support/faults.ts';

const refusing =
  (refused: (call: Call) => boolean): Interfere =>
  (call, pass) =>
    call.name === 'append' && refused(call) ? Promise.reject(new TerminalError('too large for us')) : pass();

const textOf = ({ args }: Call): string => JSON.stringify(args);

test.each([
  ['a result', (call: Call) => call.to === 'mailbox' && textOf(call).includes('"from\\":\\"activity')],
  ['a journal entry', (call: Call) => call.to === 'journal' && textOf(call).includes('payer.pay')],
])('%s that it refuses for good is told of once, however often it is sent', async (_, refused) => {
  const cluster = createCluster([payerWith(() => Promise.resolve('paid'))]);
  const one = await cluster.start('one', { interfere: refusing(refused) });
  await one.reply('payer/p', 'payer.create');
  await one.reply('payer/p', { type: 'payer.pay', amount: 5 });
  await cluster.clock.advance(60_000);
  const told = one.lines.filter(({ message }) => message === 'the broker does not take this: it waits');
  expect(told).toMatchObject([{ level: 'error', fields: { to: 'payer/p', error: 'too large for us' } }]);
});
