/**
 * Payments against a sandbox whose answers are lost, come late, or cross each other; what its ledger then says
 * is checked. `SEED=7` plays that one alone.
 */
import { expect, it } from 'vitest';
import {
  answerTo,
  confirmed,
  takeCall,
  type Answer,
  type SandboxAuthorization,
  type SandboxOperation,
} from '../../actors/gateways/sandbox-books.ts';
import { createMemoryLedger } from '../../actors/gateways/sandbox-ledger.ts';
import * as books from '../../machines/payment.books.ts';
import type { GatewayCall } from '../../machines/payment.reading.ts';
import { seededRandom, seeds, type SeededRandom } from '../support/random.ts';
import { Desk, paymentId, unknown } from './payments.ts';

const methods = [
  'ok',
  'ok',
  'decline',
  'requires-action',
  'capture-once',
  'capture-fails',
  'error-1-then-ok',
];
const steps = 60;

/** A call on its way to the gateway: whether somebody still waits for its answer or not, it may arrive. */
interface InTheAir {
  readonly call: GatewayCall & { readonly source: string };
  readonly activity: string;
}

class World {
  readonly random: SeededRandom;
  readonly desk: Desk;
  readonly ledger = createMemoryLedger();
  readonly told: string[] = [];
  readonly log: string[] = [];
  #air: InTheAir[] = [];
  #webhooks: object[] = [];
  #seen = '';
  #events = 0;
  #captures = 0;
  #refunds = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    const gateway = this.random.pick(['sandbox', 'sandbox', 'once']);
    this.desk = new Desk({ gateway, method: this.random.pick(methods) });
    this.#notice();
  }

  get isBusy(): boolean {
    return this.#air.length > 0 || this.#webhooks.length > 0 || books.inHand(this.desk.context) !== undefined;
  }

  /** One thing that may happen now. */
  step(): void {
    this.#do(this.random.pick([...this.#facts(), ...this.#wishes()]));
  }

  /** Nothing new is asked for; all that is under way comes to its end. */
  drain(): void {
    for (let step = 0; this.isBusy; step++) {
      if (step > 2_000) throw new Error(`it does not come to rest: ${this.desk.state.join(' ')}`);
      this.#do(this.random.pick(this.#facts()));
    }
  }

  void(): void {
    this.#do({ name: 'void', run: () => this.desk.ask('payment.void') });
  }

  #do({ name, run }: Happening): void {
    this.log.push(name);
    run();
    this.#notice();
  }

  #facts(): Happening[] {
    const air = this.#air.map((each) => ({
      name: `arrives ${each.call.key}`,
      run: () => this.#arrive(each),
    }));
    const hooks = this.#webhooks.map((hook) => ({ name: `webhook`, run: () => this.#tell(hook) }));
    return [...air, ...hooks, ...this.#timers(), ...this.#people()];
  }

  /** Long timers rarely come before short ones. */
  #timers(): Happening[] {
    const due = Object.keys(this.desk.record.timers).filter(
      (name) => /lookUp|LookUp/.test(name) || this.random.chance(0.03),
    );
    return due.map((name) => ({ name, run: () => this.desk.after(name) }));
  }

  /**
   * A person sees what the gateway knows, once nothing of it is in the air; with an authorization they may be
   * too early, and a late yes is voided.
   */
  #people(): Happening[] {
    if (!this.desk.state.some((state) => state.startsWith('manualReview'))) return [];
    const entry = books.inHand(this.desk.context);
    if (entry === undefined) return [];
    if (entry.id !== 'auth' && this.#air.some(({ call }) => call.key === entry.key)) return [];
    const found = this.ledger.transaction((documents) => answerTo(documents, entry.key, 0));
    const outcome = found.outcome === 'succeeded' ? 'succeeded' : 'failed';
    return [{ name: `settle ${entry.id} ${outcome}`, run: () => this.desk.settle(outcome) }];
  }

  #wishes(): Happening[] {
    const { desk, random } = this;
    const amount = 1 + random.below(6_000);
    const capture = { fulfillmentId: `f${random.below(this.#captures + 2)}`, amount };
    const refund = { refundId: String(1 + random.below(this.#refunds + 2)), amount: 1 + random.below(3_000) };
    return [
      { name: 'capture', run: () => (this.#captures++, desk.ask('payment.capture', capture)) },
      { name: 'refund', run: () => (this.#refunds++, desk.ask('payment.refund', refund)) },
      { name: 'confirm', run: () => this.#confirm(random.chance(0.7)) },
      ...(random.chance(0.15) ? [{ name: 'void', run: () => desk.ask('payment.void') }] : []),
      ...(random.chance(0.1) ? [{ name: 'close', run: () => desk.ask('payment.close') }] : []),
    ];
  }

  /** A new activity is a new call. */
  #notice(): void {
    const [{ token } = { token: '' }] = Object.values(this.desk.record.activities);
    const { call } = this.desk;
    if (call !== undefined && token !== this.#seen) this.#air.push({ call, activity: token });
    this.#seen = token;
    this.told.push(...this.desk.news().map(({ type }) => type));
  }

  #arrive(each: InTheAir): void {
    this.#air = this.#air.filter((other) => other !== each);
    const isAwaited = each.activity !== '' && each.activity === this.#seen;
    if (each.call.source === 'lookUp') {
      this.#lookUp(each.call.key, isAwaited);
      return;
    }
    const { source: _source, gateway: _gateway, ...operation } = each.call;
    const { answer, taken, isNew } = this.ledger.transaction((documents) =>
      takeCall(documents, operation, { now: 0, lateMs: 0 }),
    );
    if (isNew) this.#queue(taken);
    if (!isAwaited) return;
    this.#answer(answer);
    // What was given up while it was slow may arrive twice.
    if (this.random.chance(0.2)) this.#air.push({ ...each, activity: '' });
  }

  #lookUp(key: string, isAwaited: boolean): void {
    const output = this.ledger.transaction((documents) => answerTo(documents, key, 0));
    if (isAwaited) this.desk.answer(this.random.chance(0.3) ? unknown : output);
  }

  #answer(answer: Answer): void {
    if (typeof answer === 'string' || this.random.chance(0.15)) this.desk.fail();
    else this.desk.answer(this.random.chance(0.25) ? unknown : answer);
  }

  #confirm(isYes: boolean): void {
    const taken = this.ledger.transaction((documents) =>
      confirmed(documents, paymentId, isYes ? 'succeeded' : 'failed'),
    );
    if (taken !== undefined) this.#queue(taken);
  }

  #queue({ key, kind, amount, result }: SandboxOperation): void {
    const hook = { eventId: `e${++this.#events}`, key, kind, amount, outcome: result?.outcome };
    for (let copy = 0; copy < 1 + this.random.below(3); copy++) this.#webhooks.push(hook);
  }

  #tell(hook: object): void {
    this.#webhooks.splice(this.#webhooks.indexOf(hook), 1);
    expect(this.desk.webhook(hook).outcome).toMatchObject({ outcome: 'accepted' });
  }
}

interface Happening {
  readonly name: string;
  readonly run: () => unknown;
}

it.each(seeds(400))('keeps to the ledger of the gateway, seed %i', (seed) => {
  const world = new World(seed);
  for (let step = 0; step < steps; step++) world.step();
  world.drain();
  world.void();
  world.drain();
  const { context } = world.desk;
  const { authorization, operations } = seenIn(world);
  const story = JSON.stringify({ log: world.log, told: world.told, context, authorization, operations });
  const { amount, captured, refunded } = authorization ?? { amount: 0, captured: 0, refunded: 0 };
  // 11, 12: at the gateway, and in our books the same.
  expect(captured, story).toBeLessThanOrEqual(amount);
  expect(refunded, story).toBeLessThanOrEqual(captured);
  expect(
    ['capture', 'refund'].map((kind) => books.done(context, kind as 'capture')),
    story,
  ).toEqual([captured, refunded]);
  // 14: each key had its effect at most once.
  const done = (wanted: string): number =>
    operations
      .filter(({ kind, result }) => kind === wanted && result?.outcome === 'succeeded')
      .reduce((sum, operation) => sum + operation.amount, 0);
  expect([done('capture'), done('refund')], story).toEqual([captured, refunded]);
  // 15: nothing can be captured any more.
  expect(isOver(authorization, context.capturesOnce), story).toBe(true);
  // The order hears yes or no once, and no yes after the void.
  const outcomes = world.told.filter((type) => ['payment.authorized', 'payment.declined'].includes(type));
  expect(outcomes.length, story).toBeLessThanOrEqual(1);
  const voided = world.told.indexOf('payment.voided');
  expect(voided, story).not.toBe(-1);
  expect(world.told.slice(voided), story).not.toContain('payment.authorized');
});

function seenIn({ ledger }: World): {
  authorization: SandboxAuthorization | undefined;
  operations: SandboxOperation[];
} {
  return ledger.transaction((documents) => ({
    authorization: documents.get('authorization', paymentId) as SandboxAuthorization | undefined,
    operations: documents.all('operation').map(([, value]) => value as SandboxOperation),
  }));
}

function isOver(authorization: SandboxAuthorization | undefined, capturesOnce: boolean): boolean {
  if (authorization === undefined || ['voided', 'declined'].includes(authorization.state)) return true;
  const { captured, amount, captures } = authorization;
  return captured === amount || (capturesOnce && captures > 0);
}
