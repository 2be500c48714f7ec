/** What the Redis server promises about a crash, in plain words. */
import { messageOf, type RetryableError } from '../../runtime/errors.ts';
import type { ServerHealth } from '../../runtime/ports.ts';
import type { Connection } from './connection.ts';
import { inWords } from './errors.ts';
import { pairs } from './load.ts';

/** Never rejects. */
export async function redisHealth(connection: Connection): Promise<ServerHealth> {
  try {
    await connection.send('ping', []);
  } catch (error) {
    const { cause } = error as RetryableError;
    const why = cause instanceof Error ? inWords(cause) : messageOf(error);
    return { name: 'Redis', up: false, why, durability: 'unknown', durable: false };
  }
  try {
    const [files, memory] = await Promise.all([
      connection.send('config', ['GET', 'append*']),
      connection.send('config', ['GET', 'maxmemory*']),
    ]);
    return { name: 'Redis', up: true, ...durabilityOf([...(files as string[]), ...(memory as string[])]) };
  } catch {
    const durability = 'unknown: the server does not tell its settings';
    return { name: 'Redis', up: true, durability, durable: false };
  }
}

const promises: Record<string, { durability: string; durable: boolean }> = {
  always: {
    durability: 'append-only file, synced before every answer: a crash loses nothing',
    durable: true,
  },
  everysec: {
    durability:
      'append-only file, synced every second: a crash of the machine loses about a second, which the mailbox restores',
    durable: true,
  },
  no: {
    durability:
      'append-only file, synced when the system pleases (appendfsync no): a crash may lose half a minute',
    durable: false,
  },
};

function durabilityOf(words: readonly string[]): { durability: string; durable: boolean } {
  const settings = new Map(pairs(words, (name, value) => [name, value]));
  if (settings.get('appendonly') !== 'yes') {
    return { durability: 'no append-only file: a restart loses what was stored', durable: false };
  }
  const policy = settings.get('maxmemory-policy') ?? '';
  if (policy.startsWith('allkeys') && settings.get('maxmemory') !== '0') {
    return { durability: `evicts keys when memory is short (maxmemory-policy ${policy})`, durable: false };
  }
  const sync = settings.get('appendfsync') ?? '';
  return promises[sync] ?? { durability: `append-only file, synced: ${sync}`, durable: false };
}
