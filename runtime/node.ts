/** One process: the partitions it owns, the commands it takes in, what it reads for others. */
import { createBreaker } from './loop/breaker.ts';
import { createCaller, type Caller } from './caller.ts';
import { createCounters, type Counters } from './counters.ts';
import type { Target } from './loop/carry-out.ts';
import { RetryableError, messageOf } from './errors.ts';
import { createMailboxClock, type MailboxClock } from './mailbox-clock.ts';
import { createOwnership } from './loop/ownership.ts';
import type { RuntimeOptions } from './options.ts';
import type { Backend, Clock, Logger, Random } from './ports.ts';
import { outspoken } from './loop/outspoken.ts';
import { createReader, type ActorReader } from './reading/reader.ts';
import type { Registry } from './core/registry.ts';
import { settle } from './loop/settings.ts';
import { createSlots } from './loop/slots.ts';
import { createNodeStatus, type NodeStatus } from './status.ts';

export interface Node {
  readonly registry: Registry;
  readonly caller: Caller;
  readonly reader: ActorReader;
  readonly status: NodeStatus;
  readonly counters: Counters;
  readonly options: RuntimeOptions;
  /** Compares what is fixed for a namespace, then begins to take partitions. `TerminalError` if it differs. */
  start(): Promise<void>;
  /** Takes no more work, ends the present commits, gives the partitions up. */
  drain(): Promise<void>;
}

export interface NodeContext {
  readonly registry: Registry;
  readonly backend: Backend;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly options: RuntimeOptions;
}

export function createNode(context: NodeContext): Node {
  const { registry, backend, clock, random, options, logger } = context;
  const status = createNodeStatus(backend.replies.address);
  const counters = createCounters(registry);
  const mailboxClock = createMailboxClock(clock);
  const ownership = createOwnership({
    ...context,
    backend: outspoken(backend, logger),
    status,
    counters,
    mailboxClock,
    target: targets(context, status),
  });
  const reader = createReader({ registry, backend, options, clock, logger });
  let stopHealth = (): void => undefined;
  const lagMs = (partition: number): number => status.getSnapshot().context.partitions[partition]?.lagMs ?? 0;
  return {
    registry,
    status,
    counters,
    options,
    caller: createCaller({
      mailbox: backend.mailbox,
      replies: backend.replies,
      clock,
      mailboxClock,
      random,
      options,
      lagMs,
    }),
    reader,
    async start() {
      await patiently(context, () => settle(backend.store, registry, options));
      stopHealth = await watchHealth(context, status, mailboxClock);
      ownership.start();
      status.trigger.phaseChanged({ phase: 'running' });
    },
    async drain() {
      status.trigger.phaseChanged({ phase: 'draining' });
      logger.info({}, 'draining');
      reader.figures.close();
      reader.boards.close();
      await ownership.drain();
      stopHealth();
    },
  };
}

/** A server that goes away between connecting and the first question is waited for, like one that was never there. */
async function patiently({ clock, options, logger }: NodeContext, ask: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      logger.warn({ error: messageOf(error) }, 'the store does not answer: waiting');
      await new Promise<void>((resolve) => void clock.after(options.retryMs, resolve));
    }
  }
}

function targets({ clock, options, logger }: NodeContext, status: NodeStatus): (name: string) => Target {
  const byName = new Map<string, Target>();
  return (name) => {
    let target = byName.get(name);
    if (target === undefined) {
      const breaker = createBreaker(clock, options, (state) => {
        logger.warn({ target: name, state }, 'breaker changed');
        status.trigger.breakerChanged({ target: name, breaker: state });
      });
      target = { breaker, slots: createSlots(options.callsMax) };
      byName.set(name, target);
    }
    return target;
  };
}

async function watchHealth(
  context: NodeContext,
  status: NodeStatus,
  mailboxClock: MailboxClock,
): Promise<() => void> {
  const { backend, clock, options, logger } = context;
  let cancel = (): void => undefined;
  const watch = new AbortController();
  async function check(): Promise<void> {
    const before = new Map(status.getSnapshot().context.servers.map(({ name, up }) => [name, up]));
    const servers = await backend.health();
    if (watch.signal.aborted) return;
    for (const { name, up, why } of servers) {
      if (before.get(name) === true && !up) logger.error({ server: name, why }, 'server is away');
      if (before.get(name) === false && up) logger.info({ server: name }, 'server is back');
    }
    status.trigger.serversChecked({ servers });
    compareClocks(context, status, mailboxClock.aheadMs());
    cancel = clock.after(options.healthMs, () => void check());
  }
  await check();
  for (const { name, durability, durable } of status.getSnapshot().context.servers) {
    logger[durable ? 'info' : 'warn']({ server: name, durable }, `${name}: ${durability}`);
  }
  return () => {
    watch.abort();
    cancel();
  };
}

/** Commands run all the same; but deadlines are reckoned in the mailbox's time, and met by this node's clock. */
function compareClocks({ options, logger }: NodeContext, status: NodeStatus, aheadMs: number): void {
  const before = status.getSnapshot().context.clockDiffersMs;
  const clockDiffersMs = Math.abs(aheadMs) > options.clockDiffersMaxMs ? Math.round(aheadMs) : undefined;
  if (clockDiffersMs !== undefined && before === undefined)
    logger.error({ mailboxAheadMs: clockDiffersMs }, "this node's clock differs from the mailbox's");
  if (clockDiffersMs === undefined && before !== undefined)
    logger.info({}, "this node's clock is the mailbox's again");
  if (clockDiffersMs !== before) status.trigger.clocksCompared({ clockDiffersMs });
}
