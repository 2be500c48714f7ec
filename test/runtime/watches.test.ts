import { expect, test } from 'vitest';
import { RetryableError } from '../../runtime/errors.ts';
import { createWatches, type Watch, type Watches } from '../../runtime/reading/watches.ts';
import { createManualClock, settled, type ManualClock } from '../support/clock.ts';
import { recordingLogger, type LogLine } from '../support/loggers.ts';

interface Made extends Watch {
  readonly end: AbortController;
  fail(error: Error): void;
}

interface WatchBench {
  readonly clock: ManualClock;
  readonly watches: Watches<Made>;
  readonly lines: LogLine[];
}

function createWatchBench(): WatchBench {
  const clock = createManualClock();
  const { logger, lines } = recordingLogger();
  const watches = createWatches({ clock, logger, what: 'the sums' }, (_, end): Made => {
    const { promise, reject } = Promise.withResolvers<undefined>();
    return { end, run: () => promise, fail: reject };
  });
  return { clock, watches, lines };
}

test('a late failure of one that has ended leaves its successor alone', async () => {
  const { clock, watches, lines } = createWatchBench();
  const first = watches.of('order');
  await clock.advance(300_000);
  expect(first.end.signal.aborted).toBe(true);
  const second = watches.of('order');
  expect(second).not.toBe(first);
  first.fail(new RetryableError('too late'));
  await settled();
  expect([watches.known('order'), second.end.signal.aborted, lines]).toEqual([second, false, []]);
});

test('one that fails is over, and the next question begins another', async () => {
  const { watches, lines } = createWatchBench();
  const first = watches.of('order');
  first.fail(new RetryableError('away'));
  await settled();
  expect([first.end.signal.aborted, watches.known('order')]).toEqual([true, undefined]);
  expect(lines.map(({ message }) => message)).toEqual(['the sums of order: beginning anew']);
  expect(watches.of('order')).not.toBe(first);
});

test('one lasts as long as somebody asks, each under its own name', async () => {
  const { clock, watches } = createWatchBench();
  const [order, payment] = [watches.of('order'), watches.of('payment')];
  await clock.advance(200_000);
  expect(watches.known('order')).toBe(order);
  await clock.advance(200_000);
  expect([watches.of('order'), payment.end.signal.aborted]).toEqual([order, true]);
  watches.close();
  expect([order.end.signal.aborted, watches.known('order')]).toEqual([true, undefined]);
});
