/** Several nodes on one memory server and one manual clock. Everything random comes from a seed. */
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { Address } from '../../runtime/address.ts';
import { partitionOf } from '../../runtime/address.ts';
import type { Ask, Reply } from '../../runtime/caller.ts';
import type { DeadLetter, JournalEntry } from '../../runtime/core/entry.ts';
import type { Event } from '../../runtime/message.ts';
import { createNode, type Node } from '../../runtime/node.ts';
import { defaultOptions, type RuntimeOptions } from '../../runtime/options.ts';
import type { Backend } from '../../runtime/ports.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { createMemoryServer, type MemoryServer } from '../../persistence/memory/server.ts';
import { principal } from './charts.ts';
import { createManualClock, type ManualClock } from './clock.ts';
import { crashSwitch, meddle, type Interfere, type Meddled, type Meddling } from './faults.ts';
import { recordingLogger, type LogLine } from './loggers.ts';
import { at } from './messages.ts';
import { seededRandom } from './random.ts';

export interface TestNode {
  readonly node: Node;
  readonly backend: Meddled;
  readonly lines: LogLine[];
  /** As `kill -9`: nothing that it has begun goes on, no lease is released. */
  readonly crash: () => void;
  /** Partitions that it owns. */
  readonly owned: () => number[];
  ask(key: string, event: Event | string, given?: Partial<Ask>): Promise<Reply>;
  /** Asks, and moves the clock until there is a reply. */
  reply(key: string, event: Event | string, given?: Partial<Ask>): Promise<Reply>;
}

export interface Cluster {
  readonly clock: ManualClock;
  readonly server: MemoryServer;
  readonly options: RuntimeOptions;
  /** Past all nodes and faults. */
  readonly direct: Backend;
  readonly start: (name: string, given?: StartGiven) => Promise<TestNode>;
  /** The version of an actor and its chart's snapshot, as committed. */
  readonly stored: (key: string) => Promise<StoredActor | undefined>;
  readonly journal: (key: string) => Promise<JournalEntry[]>;
  readonly deadLetters: (key: string) => Promise<DeadLetter[]>;
  readonly partition: (key: string) => number;
}

export interface StoredActor {
  readonly version: number;
  readonly snapshot: { readonly value: unknown; readonly context: unknown };
  readonly activities: Readonly<Record<string, { readonly token: string }>>;
}

export interface StartGiven {
  /** Of another build. */
  readonly definitions?: readonly ActorDefinition[];
  readonly interfere?: Interfere;
  readonly meddling?: Meddling;
  readonly aheadMs?: number;
}

export interface ClusterGiven {
  readonly options?: Partial<RuntimeOptions>;
  readonly seed?: number;
  /** Instead of a plain memory server. */
  readonly serverWith?: (clock: ManualClock) => MemoryServer;
}

const pass: Interfere = (_, go) => go();

export function createCluster(definitions: readonly ActorDefinition[], given: ClusterGiven = {}): Cluster {
  const { seed = 1, serverWith = (clock: ManualClock) => createMemoryServer({ clock }) } = given;
  const clock = createManualClock();
  const server = serverWith(clock);
  const options = { ...defaultOptions, partitions: 2, ...given.options };
  const direct = server.connect('direct');
  const partition = (key: string): number => partitionOf(key, options.partitions);

  async function start(
    name: string,
    { interfere = pass, meddling = { interfere }, aheadMs = 0, ...build }: StartGiven = {},
  ) {
    const own = crashSwitch(meddling);
    const inner = server.connect(name);
    const backend = meddle(inner, own.meddling);
    const time = clock.process(aheadMs);
    const { logger, lines } = recordingLogger();
    const random = seededRandom(seed, name);
    const node = createNode({
      registry: createRegistry(build.definitions ?? definitions),
      backend,
      clock: time,
      random,
      logger,
      options,
    });
    await settledStart(clock, node);
    return testNode(node, {
      backend,
      clock,
      lines,
      crash: () => {
        own.crash();
        time.stop();
        void inner.close();
      },
    });
  }

  return {
    clock,
    server,
    options,
    direct,
    start,
    partition,
    async stored(key) {
      const text = await direct.store.record(partition(key), key);
      return text === undefined ? undefined : (JSON.parse(text) as never);
    },
    journal: async (key) => (await entries(direct, 'journal', at(key))) as JournalEntry[],
    deadLetters: async (key) => (await entries(direct, 'deadLetters', at(key))) as DeadLetter[],
  };
}

async function settledStart(clock: ManualClock, node: Node): Promise<void> {
  let started: 'yes' | Error | undefined;
  node.start().then(
    () => (started = 'yes'),
    (error: unknown) => (started = error as Error),
  );
  await clock.until(() => started !== undefined);
  if (started !== 'yes') throw started as unknown as Error;
}

async function entries(direct: Backend, log: 'journal' | 'deadLetters', of: Address): Promise<unknown[]> {
  return (await direct[log].read(of, 0, 100_000)).map(({ body }) => JSON.parse(body) as unknown);
}

function testNode(
  node: Node,
  rest: { backend: Meddled; clock: ManualClock; lines: LogLine[]; crash: () => void },
): TestNode {
  const { clock } = rest;
  const self: TestNode = {
    ...rest,
    node,
    owned: () =>
      Object.entries(node.status.getSnapshot().context.partitions)
        .filter(([, { owned }]) => owned)
        .map(([partition]) => Number(partition)),
    ask: (key, event, given = {}) =>
      node.caller.ask({
        to: at(key),
        event: typeof event === 'string' ? { type: event } : event,
        principal,
        waitMs: 5_000,
        ...given,
      }),
    async reply(key, event, given) {
      let reply: Reply | undefined;
      void self.ask(key, event, given).then((got) => (reply = got));
      await clock.until(() => reply !== undefined);
      return reply as unknown as Reply;
    },
  };
  return self;
}

/** The outcome of a reply that was answered; else what the reply was. */
export function outcomeOf(reply: Reply): string {
  return reply.reply === 'answered' ? reply.answer.head.outcome : reply.reply;
}
