/** One order behind a perfect server: what it answers over HTTP, and what its journal has. */
import { journalPublication, type JournalEntry } from '../../runtime/core/entry.ts';
import type { Message } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { turn } from '../../runtime/core/turn.ts';
import { viewOf } from '../../runtime/core/view.ts';
import type { Answer, Call } from './recorder.ts';
import { eventOf, kindOf } from './sent.ts';
import { order, registry } from './story.ts';

export interface Request {
  readonly command: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly key?: string;
  readonly subject?: string;
}

export interface Exchange {
  readonly call: Call;
  /** A read has none. */
  readonly entry?: JournalEntry;
}

/** Answers one request after the other. Of refusals it knows those by a state. */
export function createServer(): (request: Request) => Exchange {
  const kind = kindOf(registry, order);
  const to = { kind: 'order', id: 'o1' };
  let record: ActorRecord | undefined;
  let clock = 0;

  function take(message: Message): { entry: JournalEntry; answer: Answer } {
    const taken = turn({ registry, record, message, time: 0, sequence: 0 });
    const { body } = journalPublication({ message, time: 0, chart: 1 }, taken);
    const entry = JSON.parse(body) as JournalEntry;
    record = taken.record;
    if (taken.outcome.outcome !== 'refused') return { entry, answer: shown(entry.version === 1 ? 201 : 200) };
    const { state, allowed } = taken.outcome;
    return { entry, answer: answerOf(409, { type: '/problems/illegal-transition', state, allowed }) };
  }

  function shown(status: number): Answer {
    if (record === undefined) return answerOf(404, { type: '/problems/not-found' });
    return answerOf(status, viewOf(kind, record, principalOf('anybody')));
  }

  return ({ command, body = {}, key, subject = `c${clock}` }) => {
    const principal = principalOf(subject);
    const call = {
      ...{ principal, actor: order, command, body: JSON.stringify(body) },
      ...{ invoked: ++clock, returned: ++clock, ...(key === undefined ? {} : { key }) },
    };
    if (command === 'read') return { call: { ...call, answer: shown(200) } };
    const { entry, answer } = take({
      ...{ from: 'outside', to, principal, kept: true, madeAt: 0 },
      ...{ event: eventOf(kind, { command, body }), id: `${subject}|order/o1|${key ?? `made-${clock}`}` },
    });
    return { call: { ...call, answer }, entry };
  };
}

export function answerOf(status: number, body: object): Answer {
  return { status, replayed: false, text: JSON.stringify(body) };
}

function principalOf(subject: string): Call['principal'] {
  return { subject, roles: ['cs', 'admin'], warehouses: ['*'] };
}
