/**
 * The connection to NATS: waits for a server that is away, reconnects for ever, says at once when it breaks.
 *
 * nats.js buffers what is published while it reconnects and sends it afterwards, maybe minutes later. Nothing
 * may be published then: every publish in this folder asks `isUp()` first, in the same tick.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type ConnectionOptions, Events, type NatsConnection, NatsError } from 'nats';
import { messageOf, RetryableError, TerminalError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/ports.ts';

export interface Link {
  readonly connection: NatsConnection;
  isUp(): boolean;
  /** Called when the connection breaks, before anything comes over the next one. Undone by what it returns. */
  onDown(listener: (cause: RetryableError) => void): () => void;
  onUp(listener: () => void): void;
  close(): Promise<void>;
}

const retryMs = 250;
const sayAgainMs = 5_000;

export async function openLink(options: { url: string; name: string; logger: Logger }): Promise<Link> {
  const connection = await firstConnection(connectionOptions(options.url, options.name), options.logger);
  const downs = new Set<(cause: RetryableError) => void>();
  const ups = new Set<() => void>();
  let up = true;
  let closing = false;

  function fall(text: string): void {
    if (!up) return;
    up = false;
    if (!closing) options.logger.warn({ server: connection.getServer() }, text);
    for (const listener of [...downs]) listener(new RetryableError(text));
  }

  function rise(): void {
    up = true;
    options.logger.info({ server: connection.getServer() }, 'connected to NATS again');
    for (const listener of ups) listener();
  }

  void watch(connection, { fall, rise, logger: options.logger });

  return {
    connection,
    isUp: () => up,
    onDown(listener) {
      downs.add(listener);
      return () => downs.delete(listener);
    },
    onUp: (listener) => void ups.add(listener),
    async close() {
      closing = true;
      const wasUp = up;
      fall('the connection to NATS was closed');
      if (wasUp) await Promise.race([connection.flush().catch(() => undefined), delay(1_000)]);
      await connection.close();
    },
  };
}

async function firstConnection(options: ConnectionOptions, logger: Logger): Promise<NatsConnection> {
  let saidAt = -Infinity;
  for (;;) {
    try {
      return await connect(options);
    } catch (error) {
      if (error instanceof NatsError && error.isAuthError()) {
        throw new TerminalError(`NATS refuses the credentials: ${error.message}`, { cause: error });
      }
      if (performance.now() - saidAt >= sayAgainMs) {
        saidAt = performance.now();
        logger.warn({ servers: options.servers, cause: messageOf(error) }, 'waiting for NATS');
      }
      await delay(retryMs);
    }
  }
}

/** Status changes come in order, each a few microtasks after it happened: before any further I/O. */
async function watch(
  connection: NatsConnection,
  to: { fall(text: string): void; rise(): void; logger: Logger },
): Promise<void> {
  for await (const { type, data } of connection.status()) {
    if (type === Events.Disconnect) to.fall('the connection to NATS broke');
    else if (type === Events.Reconnect) to.rise();
    else if (type === Events.Error) to.logger.error({ code: data }, 'NATS reports an error');
    else if (type === Events.LDM) to.logger.warn({ server: data }, 'the NATS server is about to shut down');
  }
  to.fall('the connection to NATS was closed');
}

/** `nats://user:password@host:4222`, `tls://token@host`; several servers of a cluster are joined by commas. */
function connectionOptions(url: string, name: string): ConnectionOptions {
  const urls = url.split(',').map((text) => {
    const trimmed = text.trim();
    const whole = trimmed.includes('://') ? trimmed : `nats://${trimmed}`;
    if (!URL.canParse(whole)) throw new TerminalError(`not the URL of a NATS server: ${trimmed}`);
    return new URL(whole);
  });
  const [first] = urls;
  return {
    servers: urls.map((each) => each.host),
    name,
    ...credentialsOf(first),
    ...(first?.protocol === 'tls:' ? { tls: {} } : {}),
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: retryMs,
    reconnectJitter: 100,
    ignoreAuthErrorAbort: true,
    timeout: 5_000,
    // A peer that is gone without a word is noticed after two or three pings.
    pingInterval: 5_000,
    maxPingOut: 2,
  };
}

function credentialsOf(url: URL | undefined): ConnectionOptions {
  const user = decodeURIComponent(url?.username ?? '');
  const pass = decodeURIComponent(url?.password ?? '');
  if (user === '') return {};
  return pass === '' ? { token: user } : { user, pass };
}
