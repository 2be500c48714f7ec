/** NATS JetStream and Redis as one backend. */
import type { Backend, Logger } from '../runtime/ports.ts';
import { connectNats } from './nats/connect.ts';
import { connectRedis } from './redis/connect.ts';

export interface ClusterOptions {
  readonly natsUrl: string;
  readonly natsReplicas: number;
  readonly redisUrl: string;
  readonly namespace: string;
  readonly partitions: number;
  /** This node's own name, unique in the namespace. */
  readonly address: string;
  readonly mailboxKeepMs: number;
  readonly backlogMax: number;
  readonly logger: Logger;
}

/** Waits for both servers. */
export async function connectCluster(options: ClusterOptions): Promise<Backend> {
  const { namespace, partitions, address, logger, backlogMax } = options;
  const [nats, redis] = await Promise.all([
    connectNats({
      url: options.natsUrl,
      replicas: options.natsReplicas,
      mailboxMaxAgeMs: options.mailboxKeepMs,
      namespace,
      address,
      logger,
      backlogMax,
    }),
    connectRedis({ url: options.redisUrl, namespace, partitions, logger }),
  ]);
  return {
    mailbox: nats.mailbox,
    journal: nats.journal,
    deadLetters: nats.deadLetters,
    replies: nats.replies,
    store: redis.store,
    health: () => Promise.all([nats.health(), redis.health()]),
    async close() {
      await Promise.all([nats.close(), redis.close()]);
    },
  };
}
