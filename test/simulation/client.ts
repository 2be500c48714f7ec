/** A client: asks under its key until it gets an answer, and keeps all answers that it got. */
import type { Reply } from '../../runtime/caller.ts';
import { addressOf } from '../../runtime/address.ts';
import type { Principal } from '../../runtime/message.ts';
import type { SeededRandom } from '../support/random.ts';
import type { Process } from './process.ts';
import type { SimulatedTime } from './time.ts';
import type { Asking } from './workload.ts';

export interface Asked {
  readonly asking: Asking;
  readonly principal: Principal;
  /** Without one it is asked once, and what is not answered stays unknown. */
  readonly idempotencyKey: string | undefined;
  readonly replies: Reply[];
}

export interface ClientGiven {
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  /** One that runs now, whichever. */
  readonly anyProcess: () => Process | undefined;
  readonly trace: (line: string) => void;
}

const waitMs = 2_000;

export function isAnswered({ replies }: Asked): boolean {
  return replies.some(({ reply }) => reply === 'answered');
}

/** Asks `copies` times at once, then again and again until one is answered. */
export async function ask(given: ClientGiven, asked: Asked, copies: number): Promise<void> {
  const { time, random } = given;
  for (let left = copies - 1; left > 0; left--) void once(given, asked);
  do {
    await once(given, asked);
    if (asked.idempotencyKey === undefined) return;
    if (!isAnswered(asked)) await time.later(100 + random.below(2_000));
  } while (!isAnswered(asked));
}

async function once({ time, anyProcess, trace }: ClientGiven, asked: Asked): Promise<void> {
  const { asking, principal, idempotencyKey, replies } = asked;
  const process = anyProcess();
  if (process === undefined) return;
  const { key, event } = asking;
  const asks = {
    to: addressOf(key),
    event,
    principal,
    waitMs,
    fingerprint: JSON.stringify(event),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
  const name = `${principal.subject} asks ${process.name} for ${event.type} of ${key} under ${idempotencyKey ?? 'no key'}`;
  trace(name);
  const reply = await Promise.race([process.node.caller.ask(asks), time.later(waitMs + 3_000)]);
  if (reply === undefined) return;
  trace(`${name}: ${reply.reply === 'answered' ? JSON.stringify(reply.answer.head) : reply.reply}`);
  replies.push(reply);
}
