/** The store's contract against a real Redis. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { connectRedis } from '../../persistence/redis/connect.ts';
import { silent } from '../support/loggers.ts';
import { storeContract } from './store.ts';

storeContract(
  'redis',
  async ({ partitions }) => {
    const redis = await connectRedis({
      url: inject('redisUrl'),
      namespace: `test-${randomUUID()}`,
      partitions,
      logger: silent,
    });
    return {
      store: redis.store,
      advance: async (ms) => {
        await delay(ms + 5);
      },
      close: () => redis.close(),
    };
  },
  { stages: true },
);
