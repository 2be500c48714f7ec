/**
 * One connection to Redis, for ever: it comes back by itself, and never sends anything twice. A command that
 * was on its way when the connection broke, or that has no answer in time, rejects with `RetryableError`; its
 * outcome is unknown (R2). While there is no connection, commands reject at once instead of piling up.
 */
import { Command, Redis } from 'ioredis';
import type { Logger } from '../../runtime/ports.ts';
import { isMissingScript, mapped } from './errors.ts';
import type { Script } from './scripts.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly logger: Logger;
  readonly commandTimeoutMs: number;
}

export interface Connection {
  send(command: string, args: string[]): Promise<unknown>;
  /** `args`: the number of keys, the keys, the arguments. */
  run(script: Script, args: string[]): Promise<unknown>;
  close(): Promise<void>;
}

const backoffMs = { first: 50, most: 2_000 };

/** Waits for a server that is away, and says so. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const redis = new Redis(options.url, {
    lazyConnect: true,
    protocol: 2,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // 0: whatever is on its way rejects as soon as the connection breaks.
    maxRetriesPerRequest: 0,
    commandTimeout: options.commandTimeoutMs,
    // A peer that has vanished without a word keeps the socket open: it is closed here, and opened again.
    socketTimeout: options.commandTimeoutMs,
    retryStrategy: (attempt) => Math.min(backoffMs.most, backoffMs.first * 2 ** Math.min(attempt, 10)),
    // After a failover the old primary refuses writes on a connection that still works: look for the new one.
    reconnectOnError: (error) => /(?:^|-)READONLY\b/.test(error.message),
  });
  report(redis, options);
  await ready(redis);
  return connectionOver(redis);
}

function connectionOver(redis: Redis): Connection {
  const flush = flusher(redis);

  async function send(name: string, args: string[]): Promise<unknown> {
    flush();
    const command = new Command(name, args, { replyEncoding: 'utf8' });
    try {
      return await redis.sendCommand(command);
    } catch (error) {
      throw isMissingScript(error) ? error : mapped(error);
    }
  }

  return {
    send,
    async run(script, args) {
      try {
        return await send('evalsha', [script.sha, ...args]);
      } catch (error) {
        if (!isMissingScript(error)) throw error;
        // The one case in which a command may be sent again: the server has said that nothing ran.
        return send('eval', [script.source, ...args]);
      }
    },
    async close() {
      await redis.quit().catch(() => undefined);
      redis.disconnect();
    },
  };
}

/** ioredis writes each command by itself; what one turn of the event loop sends goes out in one write. */
function flusher(redis: Redis): () => void {
  let corked = false;
  return () => {
    if (corked) return;
    corked = true;
    const { stream } = redis;
    stream.cork();
    process.nextTick(() => {
      corked = false;
      stream.uncork();
    });
  };
}

async function ready(redis: Redis): Promise<void> {
  const connected = new Promise<void>((resolve) => redis.once('ready', resolve));
  // Rejects when the first attempt fails; the next ones are the retry strategy's.
  redis.connect().catch(() => undefined);
  await connected;
}

/** One line when the server goes away or stays away for another reason, one when it is there. */
function report(redis: Redis, { url, logger }: ConnectionOptions): void {
  const server = withoutCredentials(url);
  let last: string | undefined;
  const away = (cause: string): void => {
    if (cause === last) return;
    last = cause;
    logger.warn({ server, cause }, 'Redis is away; waiting for it');
  };
  redis.on('error', (error: Error) => away(error.message));
  redis.on('close', () => {
    // 'end': closed by us.
    if (last === undefined && redis.status !== 'end') away('connection closed');
  });
  redis.on('ready', () => {
    last = undefined;
    logger.info({ server }, 'connected to Redis');
  });
}

function withoutCredentials(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null
    ? 'an address that is no URL'
    : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}
