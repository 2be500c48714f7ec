/** NATS JetStream as the runtime's mailbox, journal, dead letters and road for replies. */
import { TerminalError } from '../../runtime/errors.ts';
import { defaultOptions } from '../../runtime/options.ts';
import type { Log, Logger, Mailbox, Replies, ServerHealth } from '../../runtime/ports.ts';
import { createHealth } from './health.ts';
import { createStreamKeeper } from './keeper.ts';
import { openLink, type Link } from './link.ts';
import { createLog } from './log.ts';
import { createMailbox } from './mailbox.ts';
import { createPublisher } from './publisher.ts';
import { createReplies } from './replies.ts';
import { streamName, type StreamOptions } from './streams.ts';

export interface NatsOptions {
  /** `nats://user:password@host:4222`; the servers of a cluster are joined by commas. */
  readonly url: string;
  /** The beginning of all stream names and subjects. */
  readonly namespace: string;
  /** This node's, unique in the namespace: where replies go. */
  readonly address: string;
  readonly logger: Logger;
  readonly replicas?: number;
  readonly duplicateWindowMs?: number;
  /** How long the mailbox keeps its messages; 0 for ever. */
  readonly mailboxMaxAgeMs?: number;
  readonly appendTimeoutMs?: number;
  /** A reader is lost when it has heard nothing for two to three times as long. */
  readonly heartbeatMs?: number;
  /** A reader stops asking for more when its inbox has more than this to work off. */
  readonly backlogMax?: number;
}

export interface Nats {
  readonly mailbox: Mailbox;
  readonly journal: Log;
  readonly deadLetters: Log;
  readonly replies: Replies;
  /** Asks the server; never rejects. */
  health(): Promise<ServerHealth>;
  close(): Promise<void>;
}

const namePattern = /^[A-Za-z0-9_-]+$/;
const dayMs = 86_400_000;

/** Waits until the server is there. `TerminalError` for names, credentials, limits or streams that cannot be right. */
export async function connectNats(options: NatsOptions): Promise<Nats> {
  const { namespace, address, logger } = options;
  for (const name of [namespace, address]) {
    if (!namePattern.test(name)) throw new TerminalError(`not letters, digits, _ or -: "${name}"`);
  }
  const streams = streamOptions(options);
  const link = await openLink({ url: options.url, name: `waybill ${address}`, logger });
  const keeper = createStreamKeeper(link, streams, logger);
  link.onUp(() => {
    const problem = payloadProblem(link);
    if (problem !== undefined) logger.error({ server: link.connection.getServer() }, problem);
  });
  try {
    const problem = payloadProblem(link);
    if (problem !== undefined) throw new TerminalError(problem);
    await keeper.ensure();
  } catch (error) {
    await link.close();
    throw error;
  }

  const publisher = createPublisher(link, {
    timeoutMs: options.appendTimeoutMs ?? 5_000,
    onNoResponders: keeper.check,
  });
  const replies = createReplies(link, { namespace, address });
  // The server knows the subscriptions before another node learns this node's address.
  await link.connection.flush();
  const mailboxStream = streamName(namespace, 'mailbox');
  const log = (kind: 'journal' | 'dead') =>
    createLog(link, publisher, { subject: `${namespace}.${kind}`, stream: streamName(namespace, kind) });
  return {
    mailbox: createMailbox(link, publisher, {
      namespace,
      stream: mailboxStream,
      heartbeatMs: options.heartbeatMs ?? 2_000,
      backlogMax: options.backlogMax ?? 4_096,
    }),
    journal: log('journal'),
    deadLetters: log('dead'),
    replies,
    health: createHealth(link, mailboxStream, streams.replicas),
    async close() {
      publisher.close();
      await link.close();
    },
  };
}

/** The largest message of the runtime, with its id and headers, bytes; a character is at most 3 of them. */
const payloadMaxBytes = 3 * defaultOptions.messageMaxChars + 4_096;

/** A message that the server would not take stops its channel for ever: better not to begin. */
function payloadProblem({ connection }: Link): string | undefined {
  const max = connection.info?.max_payload ?? Infinity;
  if (max >= payloadMaxBytes) return undefined;
  return `NATS takes messages up to ${max} bytes, and Waybill needs ${payloadMaxBytes}: raise max_payload of the server`;
}

function streamOptions(options: NatsOptions): StreamOptions {
  return {
    namespace: options.namespace,
    replicas: options.replicas ?? 1,
    duplicateWindowMs: options.duplicateWindowMs ?? 120_000,
    mailboxMaxAgeMs: options.mailboxMaxAgeMs ?? 7 * dayMs,
  };
}
