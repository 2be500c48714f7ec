/**
 * Reads one partition: an ephemeral push consumer, its messages handed over in batches.
 *
 * It never makes itself a second consumer. After a gap, missed heartbeats or a broken connection it ends and
 * says so: the caller must compare its position with the stream before it reads on (R7).
 */
import { type ConsumerConfig, type ConsumerInfo, createInbox, type Msg } from 'nats';
import { messageOf, RetryableError } from '../../runtime/errors.ts';
import type { Inbox, Reader, Stored } from '../../runtime/ports.ts';
import { callApi, nanosPerMs } from './api.ts';
import { createBatches } from './batches.ts';
import { type Delivery, deliveryReader } from './delivery.ts';
import { unwrap } from './envelope.ts';
import { createFlowGate } from './flow.ts';
import type { Link } from './link.ts';

export interface ReaderPlan {
  readonly stream: string;
  readonly filter: string;
  readonly from: { sequence: number } | { time: number };
  readonly heartbeatMs: number;
  /** The inbox is not given more once it has more than this many messages to work off. */
  readonly backlogMax: number;
}

/** Resolves when the consumer exists; nothing is handed over before. */
export async function openReader(link: Link, plan: ReaderPlan, inbox: Inbox): Promise<Reader> {
  const deliverTo = createInbox();
  const messages = createIntake(link, plan, { inbox, deliverTo });
  try {
    const consumer = await callApi<ConsumerInfo>(link, `CONSUMER.CREATE.${plan.stream}`, {
      stream_name: plan.stream,
      config: consumerConfig(plan, deliverTo),
    });
    messages.begin(consumer.name);
  } catch (error) {
    messages.close();
    throw error;
  }
  return { close: messages.close };
}

function consumerConfig(plan: ReaderPlan, deliverTo: string): Partial<Record<keyof ConsumerConfig, unknown>> {
  const start =
    'sequence' in plan.from
      ? { deliver_policy: 'by_start_sequence', opt_start_seq: Math.max(1, plan.from.sequence) }
      : { deliver_policy: 'by_start_time', opt_start_time: new Date(plan.from.time).toISOString() };
  return {
    ...start,
    deliver_subject: deliverTo,
    filter_subject: plan.filter,
    ack_policy: 'none',
    replay_policy: 'instant',
    mem_storage: true,
    num_replicas: 1,
    max_deliver: 1,
    flow_control: true,
    idle_heartbeat: plan.heartbeatMs * nanosPerMs,
  };
}

interface Intake {
  /** Throws if the connection broke meanwhile. */
  begin(consumer: string): void;
  readonly close: () => void;
}

type Phase = 'opening' | 'reading' | 'lost' | 'closed';

function createIntake(link: Link, plan: ReaderPlan, to: { inbox: Inbox; deliverTo: string }): Intake {
  const { inbox } = to;
  const readDelivery = deliveryReader();
  const batches = createBatches((messages) => {
    inbox.take(messages);
    gate.look();
  });
  const gate = createFlowGate(link, () => inbox.backlog() + batches.size() <= plan.backlogMax);
  let phase = 'opening' as Phase;
  let consumer = '';
  let consumerSequence = 0;
  let quietIntervals = 0;

  const pulse = setInterval(() => {
    // A blocked event loop misses ticks, but gets to read between two of them.
    if (++quietIntervals > 2) lose('no heartbeat from the consumer');
  }, plan.heartbeatMs).unref();
  const stopWatching = link.onDown((cause) => lose(cause.message));
  const subscription = link.connection.subscribe(to.deliverTo, {
    callback: (error, message) => (error === null ? receive(message) : lose(messageOf(error))),
  });

  function receive(message: Msg): void {
    quietIntervals = 0;
    const status = statusOf(message);
    if (status !== undefined) {
      if ((status.delivered ?? consumerSequence) !== consumerSequence) lose('a gap before a heartbeat');
      else if (status.answerTo !== '') gate.request(status.answerTo);
      return;
    }
    const delivery = readDelivery(message.reply ?? '');
    if (delivery.consumerSequence !== ++consumerSequence) lose('a gap between two messages');
    else batches.add(storedOf(delivery, message));
  }

  function end(next: 'lost' | 'closed'): void {
    const wasOpen = phase === 'opening' || phase === 'reading';
    phase = next;
    if (!wasOpen) return;
    batches.stop();
    gate.close();
    clearInterval(pulse);
    stopWatching();
    subscription.unsubscribe();
    if (consumer !== '' && link.isUp()) {
      link.connection.publish(`$JS.API.CONSUMER.DELETE.${plan.stream}.${consumer}`);
    }
  }

  /** Told later, because an exception thrown into the client's parser would end its reading without a word. */
  function lose(cause: string): void {
    const wasReading = phase === 'reading';
    if (wasReading || phase === 'opening') end('lost');
    if (wasReading) setImmediate(() => phase === 'lost' && inbox.lost(new RetryableError(cause)));
  }

  return {
    begin(name) {
      if (phase !== 'opening') throw new RetryableError('the reading broke before it began');
      consumer = name;
      phase = 'reading';
      batches.start();
    },
    close: () => end('closed'),
  };
}

function storedOf({ sequence, time }: Delivery, message: Msg): Stored {
  const { id, body } = unwrap(message.string());
  return { sequence, time, id, body };
}

/** A heartbeat or a request for flow control. Undefined for a stored message: its headers stay unread, which is dear. */
function statusOf(message: Msg): { delivered: number | undefined; answerTo: string } | undefined {
  if (message.data.length > 0) return undefined;
  const { headers } = message;
  if (headers?.code !== 100) return undefined;
  const delivered = headers.get('Nats-Last-Consumer');
  return {
    delivered: delivered === '' ? undefined : Number(delivered),
    answerTo: headers.get('Nats-Consumer-Stalled') || (message.reply ?? ''),
  };
}
