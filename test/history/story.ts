/** Histories for tests of the checker: what a perfect server would answer, one operation after the other. */
import { definitionsWith } from '../../actors/registry.ts';
import { journalPublication, type JournalEntry } from '../../runtime/core/entry.ts';
import type { Event, Message, Principal } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { createRegistry, type Kind } from '../../runtime/core/registry.ts';
import { turn } from '../../runtime/core/turn.ts';
import { viewOf, type View } from '../../runtime/core/view.ts';
import type { ClientOperation, InternalOperation, Result, Seen } from './operation.ts';

export const registry = createRegistry(definitionsWith());
export const order = 'orders/o1';

const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
export const draft = {
  ...{ id: 'o1', customerId: 'ada', currency: 'EUR', shipTo, draft: true },
  // A free one: as soon as the goods are held it is active.
  lines: [{ sku: 'TEAPOT', quantity: 1, unitPrice: 0 }],
};

export interface Step {
  readonly command: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly ifMatch?: number;
  /** When it began and when its answer came. */
  readonly at: readonly [number, number];
}

export interface Story {
  /** Takes effect now, and is answered as the chart has it. */
  tell(step: Step): ClientOperation;
  /** Of an order that is placed: what others tell it, until it is active. */
  supply(): InternalOperation[];
  record(): ActorRecord | undefined;
}

/** One order, that does not exist at first. */
export function createStory(): Story {
  const to = { kind: 'order', id: 'o1' };
  const kind = registry.get('order') as Kind;
  let record: ActorRecord | undefined;
  let told = 0;

  function resultOf({ command, body = {}, ifMatch }: Step, principal: Principal): Result {
    if (command === 'read') return { outcome: 'read', view: record && seen(viewOf(kind, record, principal)) };
    const type = command === 'create' ? 'order.create' : (kind.commands.get(command) ?? '');
    const message: Message = {
      ...{ from: 'outside', to, event: { ...body, type }, principal },
      ...{ id: principal.subject, kept: true, madeAt: 0 },
      ...(ifMatch === undefined ? {} : { ifMatch }),
    };
    const taken = turn({ registry, record, message, time: 0, sequence: 0 });
    if (taken.outcome.outcome === 'refused') return plain(taken.outcome);
    if (taken.record === undefined) throw new Error('what is accepted leaves a record');
    record = taken.record;
    return { outcome: 'accepted', version: record.version, view: seen(viewOf(kind, record, principal)) };
  }

  function hear(event: Event, sender: Message['to']): InternalOperation {
    const id = `${sender.kind}/${sender.id}@1.1`;
    const message: Message = { from: 'actor', to, event, id, sender, channel: 0, number: 1 };
    const taken = turn({ registry, record, message, time: 0, sequence: 0 });
    const entry = JSON.parse(journalPublication({ message, time: 0, chart: 1 }, taken).body) as JournalEntry;
    if (taken.outcome.outcome !== 'accepted') throw new Error(`${event.type} was not accepted`);
    record = taken.record;
    return { by: 'system', actor: order, entry, invoked: -1, returned: Infinity, claim: entry.version };
  }

  return {
    record: () => record,
    supply: () => [
      hear({ type: 'routing.candidates', warehouses: ['W1'] }, { kind: 'routing', id: 'main' }),
      hear(
        { type: 'stock.held', reservation: 'o1~r1', stockItem: 'W1~TEAPOT', quantity: 1 },
        { kind: 'stockItem', id: 'W1~TEAPOT' },
      ),
    ],
    tell(step) {
      const { command, body = {}, ifMatch } = step;
      const [invoked, returned] = step.at;
      const principal = { subject: `c${++told}`, roles: ['cs', 'admin'], warehouses: ['*'] };
      const base = { by: 'client', principal, actor: order, command, body, invoked, returned } as const;
      const given = { ...base, ...(ifMatch === undefined ? {} : { ifMatch }) };
      return answered(given, resultOf(step, principal));
    },
  };
}

/** The client has never heard of it again; whether it took effect is not told. */
export function unanswered(operation: ClientOperation): ClientOperation {
  const { claim: _claim, ...rest } = operation;
  const content = `${operation.command} ${JSON.stringify(operation.body)}`;
  return { ...rest, returned: Infinity, optional: true, content, result: { outcome: 'unknown' } };
}

/** Answered otherwise than the chart has it. */
export function answered(operation: Omit<ClientOperation, 'result'>, result: Result): ClientOperation {
  const { claim: _claim, ...rest } = operation;
  const claim = result.outcome === 'accepted' ? result.version : undefined;
  return { ...rest, ...(claim === undefined ? {} : { claim }), result };
}

function seen({ version, status, state, context, can, tags }: View): Seen {
  return plain({ version, status, state, context, can, tags });
}

function plain<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
