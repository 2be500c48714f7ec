/** The embedded backend whose clock jumps ahead and is set right again: its mailbox's time stands still meanwhile. */
import { expect, it, vi } from 'vitest';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock, systemRandom as random } from '../../persistence/system.ts';
import { createNode, type Node } from '../../runtime/node.ts';
import { defaultOptions } from '../../runtime/options.ts';
import type { Backend, Clock } from '../../runtime/ports.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { warnings } from '../../runtime/status.ts';
import { counter, principal } from '../support/charts.ts';
import { recordingLogger } from '../support/loggers.ts';
import { temporaryFile } from './sqlite-support.ts';

const hourMs = 3_600_000;
const options = { ...defaultOptions, partitions: 1, leaseMs: 10 * hourMs, healthMs: 10 };

it('answers commands without a key as before, also after a restart, and says what is wrong', async () => {
  const { file, remove } = temporaryFile();
  const wall = { aheadMs: 0 };
  const clock: Clock = { ...systemClock, now: () => Date.now() + wall.aheadMs };
  const { logger, lines } = recordingLogger();
  let running = await start(file, clock, logger);
  const outcomes = [await outcome(running.node, 'counter.create')];
  wall.aheadMs = hourMs;
  outcomes.push(await outcome(running.node, 'counter.note'));
  wall.aheadMs = 0;
  outcomes.push(await outcome(running.node, 'counter.note'), await outcome(running.node, 'counter.note'));
  const { status } = running.node;
  await vi.waitFor(() => expect(warnings(status.getSnapshot().context)).toHaveLength(1));
  expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
    { message: "this node's clock differs from the mailbox's" },
  ]);

  await running.stop();
  running = await start(file, clock, logger);
  outcomes.push(await outcome(running.node, 'counter.note'));
  expect(outcomes).toEqual(Array<string>(5).fill('accepted'));
  // Stamped right, so that none had to be stored twice.
  expect(await running.backend.mailbox.bounds()).toEqual({ first: 1, last: 5 });
  await running.stop();
  remove();
});

async function start(
  file: string,
  clock: Clock,
  logger: ReturnType<typeof recordingLogger>['logger'],
): Promise<{ node: Node; backend: Backend; stop: () => Promise<void> }> {
  const backend = await openSqlite({ file, clock });
  const node = createNode({ registry: createRegistry([counter]), backend, clock, random, logger, options });
  await node.start();
  await vi.waitFor(() => expect(node.status.getSnapshot().context.partitions[0]?.owned).toBe(true));
  const stop = async (): Promise<void> => {
    await node.drain();
    await backend.close();
  };
  return { node, backend, stop };
}

async function outcome({ caller }: Node, type: string): Promise<string> {
  const reply = await caller.ask({
    to: { kind: 'counter', id: 'c' },
    event: { type },
    principal,
    waitMs: 5_000,
  });
  return reply.reply === 'answered' ? reply.answer.head.outcome : reply.reply;
}
