/** One actor of the shop, played alone: the test is everybody else. Its record goes to text and back each turn. */
import { expect } from 'vitest';
import { definitionsWith } from '../../actors/registry.ts';
import { leafPaths } from '../../runtime/core/chart.ts';
import type { Event, Message, Principal } from '../../runtime/message.ts';
import { parseRecord, recordText, type ActorRecord } from '../../runtime/core/record.ts';
import { createRegistry, type Kind } from '../../runtime/core/registry.ts';
import { turn, type Turn } from '../../runtime/core/turn.ts';
import { epoch } from './clock.ts';
import { command, fromActor } from './messages.ts';

export const shipTo = {
  name: 'Ada',
  line1: 'Street 1',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};
export const elsewhere = { ...shipTo, line1: 'Lane 2' };

/** Principals by what they may do; the customer is the one who orders. */
export const people = {
  customer: principalWith('c1', ['customer']),
  stranger: principalWith('c2', ['customer']),
  cs: principalWith('carl', ['cs']),
  admin: principalWith('ada', ['admin']),
  picker: principalWith('pia', ['picker'], ['W1']),
  packer: principalWith('paul', ['packer'], ['W1']),
  manager: principalWith('mia', ['warehouseManager'], ['W1']),
  foreigner: principalWith('max', ['picker', 'packer', 'warehouseManager'], ['W9']),
} as const;
export type Who = keyof typeof people;

function principalWith(subject: string, roles: string[], warehouses: string[] = []): Principal {
  return { subject, roles, warehouses };
}

export interface Told {
  /** `stockItem/W1~A` */
  readonly to: string;
  readonly event: Event;
}

export interface Played<Context> {
  context(): Context;
  /** Leaf states, as dotted paths. */
  states(): string[];
  timers(): string[];
  /** What the last turn told others, of this event type if one is given. */
  told(type?: string): Told[];
  /** Another actor tells it something; that is never refused. */
  hear(type: string, payload?: object): Played<Context>;
  /** A person does what is allowed now. */
  does(type: string, payload?: object, who?: Who): Played<Context>;
  /** A person tries in vain: why it is refused. */
  refusal(type: string, payload?: object, who?: Who): string;
  /** The timer whose name has this in it, when its time has come. */
  fire(timer: string): Played<Context>;
}

const registry = createRegistry(definitionsWith());

interface Making {
  readonly id: string;
  readonly input: object;
  readonly who?: Who;
}

/** Made by its create event. After each turn the definition's invariants must hold. */
export function played<Context>(kind: string, { id, input, who }: Making): Played<Context> {
  const { definition } = registry.get(kind) as Kind;
  const key = `${kind}/${id}`;
  let record: ActorRecord | undefined;
  let now = epoch;
  let sequence = 0;
  let last: Told[] = [];

  const made = (): ActorRecord => {
    if (record === undefined) throw new Error(`${key} does not exist`);
    return record;
  };
  const take = (message: Message, time = now + 1): Turn => {
    now = time;
    const result = turn({ registry, record, message, time: now, sequence: ++sequence });
    record = result.record && reloaded(result.record, registry.get(kind) as Kind);
    last = result.effects.messages.map(({ to, event }) => ({ to: `${to.kind}/${to.id}`, event }));
    for (const [name, holds] of Object.entries(definition.invariants ?? {})) {
      if (record === undefined) break;
      const context = record.snapshot.context as never;
      const value = record.snapshot.value as never;
      expect(holds(context, value), `${name}: ${JSON.stringify(context)}`).toBe(true);
    }
    return result;
  };
  const accept = (message: Message, what: string, time?: number): Played<Context> => {
    const before = record === undefined ? '' : self.states().join();
    const { outcome } = take(message, time);
    expect(outcome, `${what} in ${before}`).toMatchObject({ outcome: 'accepted' });
    return self;
  };
  const from = (event: Event, by?: Who): Message =>
    by === undefined ? fromActor(key, event) : command(key, event, { principal: people[by] });

  const self: Played<Context> = {
    context: () => made().snapshot.context as Context,
    states: () => leafPaths(made().snapshot.value as never),
    timers: () => Object.keys(made().timers),
    told: (type) => last.filter(({ event }) => type === undefined || event.type === type),
    hear: (type, payload = {}) => accept(from({ type, ...payload }), type),
    does: (type, payload = {}, by = 'admin') => accept(from({ type, ...payload }, by), type),
    refusal(type, payload = {}, by = 'admin') {
      const { outcome } = take(from({ type, ...payload }, by));
      return outcome.outcome === 'refused' ? outcome.reason : outcome.outcome;
    },
    fire(name) {
      const { timers, kind: toKind, id: toId } = made();
      const [timer = '', due] = Object.entries(timers).find(([one]) => one.includes(name)) ?? [];
      if (due === undefined) throw new Error(`no timer ${name} among ${Object.keys(timers).join()}`);
      const to = { kind: toKind, id: toId };
      return accept({ from: 'timer', to, timer, token: due.token }, name, Math.max(due.at, now + 1));
    },
  };
  return accept(from({ type: definition.create.event, ...input }, who), definition.create.event);
}

function reloaded(record: ActorRecord, kind: Kind): ActorRecord {
  return parseRecord(recordText(record, kind), kind);
}
