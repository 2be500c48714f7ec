/** Histories for tests of the checker: what a perfect server would answer, one operation after the other. */
import { definitionsWith } from '../../actors/registry.ts';
import type { Message, Principal } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/record.ts';
import { createRegistry, type Kind } from '../../runtime/registry.ts';
import { turn } from '../../runtime/turn.ts';
import { viewOf, type View } from '../../runtime/view.ts';
import type { ClientOperation, Result, Seen } from './operation.ts';

export const registry = createRegistry(definitionsWith());
export const order = 'orders/o1';

const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
export const draft = {
  ...{ id: 'o1', customerId: 'ada', currency: 'EUR', shipTo, draft: true },
  lines: [{ sku: 'TEAPOT', quantity: 1, unitPrice: 500 }],
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

  return {
    record: () => record,
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
