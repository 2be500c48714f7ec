/** A payment driven by hand: its order listens, its gateway is whoever runs the test. */
import { assign, setup, type StateValue } from 'xstate';
import { expect } from 'vitest';
import { paymentWith } from '../../actors/payment.ts';
import type { PaymentGateway } from '../../actors/providers.ts';
import { defaultDurations } from '../../machines/durations.ts';
import type { PaymentContext } from '../../machines/payment.books.ts';
import { paymentAnswers, paymentInput } from '../../machines/payment.events.ts';
import type { GatewayCall } from '../../machines/payment.reading.ts';
import { send } from '../../machines/send.ts';
import { leafPaths } from '../../runtime/core/chart.ts';
import { anyone, defineActor, type ActorDefinition } from '../../runtime/definition.ts';
import type { Event, Message } from '../../runtime/message.ts';
import type { Turn } from '../../runtime/core/turn.ts';
import { command, fromActor, resultOf, timerOf } from '../support/messages.ts';
import { actor } from '../support/turns.ts';

export const money = { gateway: 'sandbox', method: 'ok', amount: 10_000, currency: 'EUR' };
export const asked = { orderId: 'o1', customerId: 'ada', ...money };
export const paymentId = 'o1~p1';

const heard = Object.keys(paymentAnswers) as (keyof typeof paymentAnswers)[];

interface OrderContext {
  readonly id: string;
  readonly heard: readonly string[];
  /** What its payment is to be, where it differs from `asked`. */
  readonly input: Partial<typeof asked>;
}

const orderInput = paymentInput.omit({ id: true, orderId: true }).partial().describe('Pays');

const orderMachine = setup({
  types: {
    context: {} as OrderContext,
    events: {} as { type: (typeof heard)[number] },
    input: {} as { id: string } & Partial<typeof asked>,
  },
  actions: {
    note: assign({ heard: ({ context, event }) => [...context.heard, event.type] }),
    authorize: send(({ context: { id, input } }) => {
      const event = { ...asked, ...input, orderId: id, type: 'payment.authorize' };
      return { to: { kind: 'payment', id: `${id}~p1` }, event };
    }),
  },
}).createMachine({
  id: 'order',
  description: 'Whoever pays',
  context: ({ input: { id, ...input } }) => ({ id, heard: [], input }),
  entry: 'authorize',
  initial: 'listening',
  states: {
    listening: {
      description: 'Hears what its payment says',
      on: Object.fromEntries(heard.map((type) => [type, { actions: 'note' }])),
    },
  },
});

/** Authorizes one payment when it is made, and keeps the types of the answers. */
export const payer: ActorDefinition = defineActor({
  kind: 'order',
  plural: 'orders',
  version: 1,
  machine: orderMachine,
  events: { 'order.create': orderInput, ...paymentAnswers },
  input: orderInput,
  create: { event: 'order.create', access: { admin: anyone } },
  commands: {},
  readers: { admin: anyone },
  view: ({ heard: types }: OrderContext) => ({ heard: types }),
});

const elsewhere = (name: string, capturesOnce: boolean): PaymentGateway => ({
  name,
  capturesOnce,
  carryOut: () => Promise.reject(new Error('the test answers')),
  lookUp: () => Promise.reject(new Error('the test answers')),
  webhook: () => Promise.resolve({ verdict: 'unsigned' }),
});

export const payment: ActorDefinition = paymentWith({
  durations: defaultDurations,
  gateways: [elsewhere('sandbox', false), elsewhere('once', true)],
});

const administrator = { subject: 'root', roles: ['admin'], warehouses: [] };

/** One payment with all that it has said to its order; invariants are checked after every turn. */
export class Desk {
  readonly told: Event[] = [];
  readonly #actor;
  readonly #from: number;
  now: number;

  constructor(input: Partial<typeof asked> = {}) {
    this.#actor = actor(payment, { id: paymentId, input: { ...asked, ...input }, others: [payer] });
    this.#from = this.#actor.record().createdAt;
    this.now = this.#from;
  }

  get record() {
    return this.#actor.record();
  }

  get context(): PaymentContext {
    return this.record.snapshot.context as PaymentContext;
  }

  /** Leaf states, the authorization’s first. */
  get state(): string[] {
    return leafPaths(this.record.snapshot.value as never).map((path) => path.replace(/^\w+\./, ''));
  }

  get elapsedMs(): number {
    return this.now - this.#from;
  }

  /** What the gateway is asked now, and by which source. */
  get call(): (GatewayCall & { readonly source: string }) | undefined {
    const [running] = Object.values(this.record.activities);
    return running && { ...(running.input as GatewayCall), source: running.source };
  }

  take(message: Message, at = this.now): Turn {
    this.now = Math.max(this.now, at);
    const result = this.#actor.take(message, this.now);
    this.told.push(...result.effects.messages.map(({ event }) => event));
    this.#actor.reload();
    const { context } = this;
    const value = this.record.snapshot.value as StateValue;
    for (const [name, holds] of Object.entries(payment.invariants ?? {})) {
      expect(holds(context, value), `${name}: ${JSON.stringify({ value, context })}`).toBe(true);
    }
    expect(this.record.snapshot.status).toBe('active');
    return result;
  }

  /** From the order. */
  ask(type: string, payload: object = {}): Turn {
    return this.take(fromActor(`payment/${paymentId}`, { type, ...payload }));
  }

  webhook(payload: object): Turn {
    const event = { type: 'payment.webhook', currency: 'EUR', ...payload };
    const principal = { subject: `webhook:${this.context.gateway}`, roles: ['webhook'], warehouses: [] };
    return this.take(command(`payment/${paymentId}`, event, { principal }));
  }

  settle(outcome: 'succeeded' | 'failed'): Turn {
    const event = { type: 'payment.settle', outcome, reason: 'seen at the gateway' };
    return this.take(command(`payment/${paymentId}`, event, { principal: administrator }));
  }

  /** The gateway’s answer to what it is asked now. */
  answer(output: object): Turn {
    return this.#result({ output: { key: this.call?.key, ...output } as never });
  }

  fail(): Turn {
    return this.#result({ error: { code: 'exhausted', message: '503' } });
  }

  #result(result: Parameters<typeof resultOf>[2]): Turn {
    const [name = ''] = Object.keys(this.record.activities);
    return this.take(resultOf(this.record, name, result));
  }

  /** The timer with this in its name, at its deadline. */
  after(name: string): Turn {
    const [, timer] = Object.entries(this.record.timers).find(([key]) => key.includes(name)) ?? [];
    return this.take(timerOf(this.record, name), timer?.at);
  }

  /** What was told since the last time. */
  news(): Event[] {
    return this.told.splice(0);
  }
}

export const yes = { outcome: 'succeeded', reference: 'ref' };
export const no = { outcome: 'failed', reason: 'no money' };
export const unknown = { outcome: 'unknown' };
export const notFound = { outcome: 'notFound' };
export const mustConfirm = { outcome: 'requiresAction', reference: 'ref', url: '/confirm' };

export const auth = { key: `${paymentId}:auth`, kind: 'authorize', amount: money.amount };

/** Authorized, and the order knows. */
export function authorizedDesk(input: Partial<typeof asked> = {}): Desk {
  const desk = new Desk(input);
  desk.answer(yes);
  desk.news();
  return desk;
}
