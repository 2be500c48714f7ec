/** A node in this process, over a real backend, with its commits counted. */
import { definitions } from '../../actors/registry.ts';
import { connectCluster } from '../../persistence/cluster.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock as clock, systemRandom as random } from '../../persistence/system.ts';
import { createNode, type Node } from '../../runtime/node.ts';
import { defaultOptions } from '../../runtime/options.ts';
import type { Backend, Logger } from '../../runtime/ports.ts';
import { createRegistry } from '../../runtime/registry.ts';

export interface Opened {
  readonly node: Node;
  /** Every turn leaves one journal entry. */
  readonly counts: { turns: number; commits: number };
  close(): Promise<void>;
}

const silent = (): void => undefined;
const complain = (fields: object, message: string): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
};
const logger: Logger = { debug: silent, info: silent, warn: silent, error: complain };

export async function openEmbedded(file: string): Promise<Opened> {
  return open(await openSqlite({ file, clock }));
}

export async function openCluster(given: {
  nats: string;
  redis: string;
  namespace: string;
}): Promise<Opened> {
  const { partitions, backlogMax } = defaultOptions;
  const address = random.id();
  const servers = { natsUrl: given.nats, natsReplicas: 1, redisUrl: given.redis, mailboxKeepMs: 3_600_000 };
  return open(
    await connectCluster({ ...servers, namespace: given.namespace, partitions, address, backlogMax, logger }),
  );
}

async function open(backend: Backend): Promise<Opened> {
  const counts = { turns: 0, commits: 0 };
  const store: Backend['store'] = {
    ...backend.store,
    commit(lease, commits, commit) {
      counts.commits += 1;
      counts.turns += commit.publications.length;
      return backend.store.commit(lease, commits, commit);
    },
  };
  const registry = createRegistry(definitions);
  const node = createNode({
    registry,
    backend: { ...backend, store },
    clock,
    random,
    logger,
    options: defaultOptions,
  });
  await node.start();
  return {
    node,
    counts,
    async close() {
      await node.drain();
      await backend.close();
    },
  };
}
