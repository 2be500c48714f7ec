/** A node in this process, over a real backend and with a sandbox in memory. */
import { definitionsWith } from '../../actors/registry.ts';
import { createSandbox, type Sandbox } from '../../actors/sandbox.ts';
import { defaultPartitions } from '../../config.ts';
import { connectCluster } from '../../persistence/cluster.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock as clock, systemRandom as random } from '../../persistence/system.ts';
import { createNode, type Node } from '../../runtime/node.ts';
import { defaultOptions } from '../../runtime/options.ts';
import type { Backend, Logger } from '../../runtime/ports.ts';
import { createRegistry } from '../../runtime/core/registry.ts';

export interface Opened {
  readonly node: Node;
  readonly sandbox: Sandbox;
  /** Accepted turns and commits since it was opened. */
  counts(): { turns: number; commits: number };
  close(): Promise<void>;
}

const silent = (): void => undefined;
const complain = (fields: object, message: string): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
};
const logger: Logger = { debug: silent, info: silent, warn: silent, error: complain };

export async function openEmbedded(file: string): Promise<Opened> {
  return open(await openSqlite({ file, clock }), defaultPartitions.embedded);
}

export async function openCluster(given: {
  nats: string;
  redis: string;
  namespace: string;
}): Promise<Opened> {
  const { backlogMax } = defaultOptions;
  const partitions = defaultPartitions.cluster;
  const address = random.id();
  const servers = { natsUrl: given.nats, natsReplicas: 1, redisUrl: given.redis, mailboxKeepMs: 3_600_000 };
  return open(
    await connectCluster({ ...servers, namespace: given.namespace, partitions, address, backlogMax, logger }),
    partitions,
  );
}

async function open(backend: Backend, partitions: number): Promise<Opened> {
  const sandbox = createSandbox({ clock, post: hear });
  const { gateway, carrier } = sandbox;
  const registry = createRegistry(definitionsWith({ gateways: [gateway], carrier }));
  const node = createNode({
    registry,
    backend,
    clock,
    random,
    logger,
    options: { ...defaultOptions, partitions },
  });
  await node.start();
  sandbox.start();
  return {
    ...{ node, sandbox },
    counts: () => ({ turns: acceptedOf(node.counters), commits: node.counters.totals.commits }),
    async close() {
      sandbox.stop();
      await node.drain();
      await backend.close();
    },
  };

  /** As the edge takes a webhook, without HTTP. */
  async function hear(
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<number> {
    const { webhook } = path.startsWith('/webhooks/payments/') ? gateway : carrier;
    const header = (name: string): string | undefined => headers[name];
    const reading = await webhook({ body: Buffer.from(body), header, now: clock.now() });
    if (reading.verdict !== 'read') return 400;
    const principal = { subject: 'webhook:sandbox', roles: ['webhook'], warehouses: [] };
    for (const { to, event } of reading.messages) {
      const reply = await node.caller.ask({ to, event, principal, waitMs: 10_000 });
      if (reply.reply !== 'answered') return 503;
    }
    return 200;
  }
}

function acceptedOf({ turns }: Node['counters']): number {
  const outcomes = [...turns.values()].flatMap((sources) => [...sources.values()]);
  return outcomes.reduce((sum, counts) => sum + (counts.get('accepted') ?? 0), 0);
}
