/** Redis (6.2 or later) as the runtime's store. */
import type { Logger, ServerHealth, Store } from '../../runtime/ports.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { openConnection, type Connection } from './connection.ts';
import { redisHealth } from './health.ts';
import { createStore } from './store.ts';

export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly url: string;
  /** The beginning of all keys. */
  readonly namespace: string;
  /** As settled for the namespace; lists ask each of them. */
  readonly partitions: number;
  readonly logger: Logger;
  /** After this long without an answer the outcome is unknown. */
  readonly commandTimeoutMs?: number;
}

export interface RedisBackend {
  readonly store: Store;
  /** Asks the server; never rejects. */
  health(): Promise<ServerHealth>;
  close(): Promise<void>;
}

/** Waits until the server is there, then says what it promises about a crash. */
export async function connectRedis(options: RedisOptions): Promise<RedisBackend> {
  const { url, namespace, partitions, logger, commandTimeoutMs = 5_000 } = options;
  // A brace would end the hash tag early, and the partitions would share one slot or the commit several.
  if (!/^[A-Za-z0-9_-]+$/.test(namespace))
    throw new TerminalError(`not letters, digits, _ or -: "${namespace}"`);
  const connection = await openConnection({ url, logger, commandTimeoutMs });
  await checkVersion(connection);
  const health = (): Promise<ServerHealth> => redisHealth(connection);

  const { durability, durable } = await health();
  if (durable) logger.info({ durability }, 'durability of Redis');
  else logger.warn({ durability }, 'Redis may lose what was committed');
  return {
    store: createStore(connection, { namespace, partitions }),
    health,
    close: () => connection.close(),
  };
}

/**
 * A script is not rolled back where one of its commands is unknown to the server, so this is found before the
 * first commit. A server that does not tell its version is believed.
 */
async function checkVersion(connection: Connection): Promise<void> {
  const info = await connection.send('info', ['server']).catch(() => '');
  const version = /redis_version:(\d+)\.(\d+)/.exec(String(info));
  const [major, minor] = [Number(version?.[1] ?? 7), Number(version?.[2] ?? 0)];
  if (major > 6 || (major === 6 && minor >= 2)) return;
  await connection.close();
  throw new TerminalError(`Redis ${major}.${minor} is too old: Waybill needs 6.2 or later`);
}
