/** The mailbox as one stream; a partition is a part of the subject, `<namespace>.mailbox.<partition>.<kind>.<id>`. */
import type { StreamInfo } from 'nats';
import type { Mailbox, Position } from '../../runtime/ports.ts';
import { ApiError, callApi, errorCodes } from './api.ts';
import { unwrap, wrap } from './envelope.ts';
import type { Link } from './link.ts';
import type { Publisher } from './publisher.ts';
import { openReader } from './reader.ts';

export interface MailboxOptions {
  readonly namespace: string;
  readonly stream: string;
  readonly heartbeatMs: number;
  readonly backlogMax: number;
}

export function createMailbox(link: Link, publisher: Publisher, options: MailboxOptions): Mailbox {
  const subjectOf = (partition: number) => `${options.namespace}.mailbox.${partition}`;
  return {
    append({ to, partition, id, dedupe, body }) {
      const subject = `${subjectOf(partition)}.${to.kind}.${to.id}`;
      return publisher.publish(subject, wrap(id, body), dedupe ? id : undefined);
    },

    /** From the stream's leader: a direct get may be answered by a replica that has not caught up. */
    async at(partition, sequence) {
      if (sequence < 1) return undefined;
      const message = await stored(link, options.stream, { seq: sequence });
      if (message?.subject.startsWith(`${subjectOf(partition)}.`) !== true) return undefined;
      return positionOf(message);
    },

    async bounds() {
      const { state } = await callApi<StreamInfo>(link, `STREAM.INFO.${options.stream}`);
      return state.last_seq === 0 ? { first: 0, last: 0 } : { first: state.first_seq, last: state.last_seq };
    },

    async last(partition) {
      const message = await stored(link, options.stream, { last_by_subj: `${subjectOf(partition)}.>` });
      return message && positionOf(message);
    },

    read(partition, from, inbox) {
      const { stream, heartbeatMs, backlogMax } = options;
      const filter = `${subjectOf(partition)}.>`;
      return openReader(link, { stream, filter, from, heartbeatMs, backlogMax }, inbox);
    },
  };
}

interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  /** RFC 3339 with up to nine digits after the second. */
  readonly time: string;
  /** base64; absent if empty. */
  readonly data?: string;
}

async function stored(
  link: Link,
  stream: string,
  which: { seq: number } | { last_by_subj: string },
): Promise<StoredMessage | undefined> {
  try {
    const path = `STREAM.MSG.GET.${stream}`;
    return (await callApi<{ message: StoredMessage }>(link, path, which)).message;
  } catch (error) {
    if (error instanceof ApiError && error.errorCode === errorCodes.messageNotFound) return undefined;
    throw error;
  }
}

function positionOf(message: StoredMessage): Position {
  const { id } = unwrap(Buffer.from(message.data ?? '', 'base64').toString('utf8'));
  // Date.parse rounds down to ms, as the reader does.
  return { sequence: message.seq, time: Date.parse(message.time), id };
}
