/** Keeps the streams there: at the start, and when a server comes back with an empty store. */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, RetryableError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/ports.ts';
import type { Link } from './link.ts';
import { ensureStreams, type StreamOptions } from './streams.ts';

export interface StreamKeeper {
  /** Resolves when the streams are there; waits for JetStream; rejects with `TerminalError`. */
  ensure(): Promise<void>;
  /** Makes sure in the background. */
  readonly check: () => void;
}

const retryMs = 250;
const triesPerLine = 20;

export function createStreamKeeper(link: Link, options: StreamOptions, logger: Logger): StreamKeeper {
  let reconnects = 0;
  let checking = false;

  async function ensure(): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        await ensureStreams(link, options);
        return;
      } catch (error) {
        if (!(error instanceof RetryableError) || link.connection.isClosed()) throw error;
        if (failures % triesPerLine === 0) logger.warn({ cause: messageOf(error) }, 'waiting for JetStream');
        await delay(retryMs);
      }
    }
  }

  /** A reconnect during the check starts it again, for that may be another server with another store. */
  async function restore(): Promise<void> {
    if (checking) return;
    checking = true;
    let seen: number;
    try {
      do {
        seen = reconnects;
        await ensure();
      } while (seen !== reconnects);
    } finally {
      checking = false;
    }
  }

  function check(): void {
    restore().catch((error: unknown) => {
      if (!link.connection.isClosed()) logger.error({ cause: messageOf(error) }, 'the streams are not right');
    });
  }

  link.onUp(() => {
    reconnects += 1;
    check();
  });

  return { ensure, check };
}
