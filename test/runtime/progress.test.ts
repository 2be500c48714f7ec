import { expect, test } from 'vitest';
import { createProgress } from '../../runtime/progress.ts';
import { counter } from '../support/charts.ts';
import { createCluster } from '../support/cluster.ts';
import { createManualClock } from '../support/clock.ts';

test('an answer is one for all that went before it, to the same partition', async () => {
  const clock = createManualClock();
  const progress = createProgress(clock);
  const at = async (partition: number, number: number): Promise<void> => {
    await clock.advance(1_000);
    progress.sent(partition, number);
  };
  await at(1, 1);
  await at(1, 2);
  await at(2, 3);
  await at(1, 4);
  expect([progress.behindMs(1), progress.behindMs(2), progress.behindMs(3)]).toEqual([3_000, 0, 0]);
  progress.answered(2);
  await at(1, 5);
  expect(progress.behindMs(1)).toBe(1_000);
  progress.notStored(4);
  expect(progress.behindMs(1)).toBe(0);
});

test('one command a second may try, and little is remembered however long nothing is answered', async () => {
  const clock = createManualClock();
  const progress = createProgress(clock);
  for (let number = 1; number <= 500; number++) {
    expect([progress.behindMs(1), progress.sent(1, number)]).toEqual([0, true]);
    expect(progress.sent(1, number + 1_000)).toBe(false);
    await clock.advance(999);
    expect(progress.behindMs(1)).toBe(number * 1_000 - 1);
    await clock.advance(1);
  }
  progress.answered(500);
  progress.sent(1, 501);
  expect(progress.behindMs(1)).toBe(0);
});

test.each([0, 1_000])(
  'a partition of another node that is behind takes no more (waiting %i ms)',
  async (waitMs) => {
    const cluster = createCluster([counter], { options: { partitions: 1 } });
    await cluster.direct.store.acquire({ partition: 0, token: 'of-another-node' }, 30_000);
    const edge = await cluster.start('edge');
    const ask = async (id: string): Promise<string> =>
      (await edge.reply('counter/c', { type: 'counter.create' }, { waitMs, idempotencyKey: id })).reply;
    for (let number = 0; number < 13; number++) {
      expect(await ask(`k${number}`)).toBe('later');
      await cluster.clock.advance(1_000);
    }
    const together = await Promise.all(['try', 'more', 'still more'].map(ask));
    expect(together).toEqual(['later', 'unavailable', 'unavailable']);
    await cluster.clock.advance(30_000);
    expect(await ask('k0')).toMatch(waitMs === 0 ? 'later' : 'answered');
    expect(await ask('another')).toMatch(waitMs === 0 ? 'later' : 'answered');
  },
);
