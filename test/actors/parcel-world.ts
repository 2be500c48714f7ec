/**
 * Shipments and tracking numbers, as turns, against a sandbox carrier: what the runtime does around a turn, in
 * miniature, on a clock that is moved by hand. A seed decides what comes when.
 */
import { sandboxCarrier, type SandboxCarrier } from '../../actors/carriers/sandbox.ts';
import { memoryLedger, numberOf } from '../../actors/carriers/sandbox-ledger.ts';
import { trackingNumber } from '../../actors/trackingNumber.ts';
import type { ShipmentContext } from '../../machines/shipment.books.ts';
import { scanStatuses } from '../../machines/shipment.events.ts';
import { keyOf, type Address } from '../../runtime/address.ts';
import { TerminalError, messageOf } from '../../runtime/errors.ts';
import type { Activity, ActorDefinition } from '../../runtime/definition.ts';
import type { Event, Message } from '../../runtime/message.ts';
import type { RunningActivity } from '../../runtime/core/record.ts';
import { check, elsewhere, listener, parcel, shipmentOver, whereIs } from '../machines/parcels.ts';
import { createManualClock, type ManualClock } from '../support/clock.ts';
import { command, fromActor } from '../support/messages.ts';
import type { SeededRandom } from '../support/random.ts';
import { actor, type Actor } from '../support/turns.ts';

const secret = 'a secret of the test';
const second = 1_000;
const hour = 3_600 * second;

export interface World {
  readonly carrier: SandboxCarrier;
  /** Something happens. */
  step(): Promise<void>;
  /** The carrier works again, people do what is to be done, and time passes until nothing is under way. */
  rest(): Promise<void>;
  shipments(): { id: string; where: string; context: ShipmentContext }[];
  /** Whose a number is. */
  owner(carrier: string, trackingNumber: string): string | undefined;
}

export function openWorld(random: SeededRandom): World {
  const clock = createManualClock();
  const ledger = memoryLedger();
  const pending: Message[] = [];
  const carrier = sandboxCarrier({ secret, ledger, clock, post });
  const definition = shipmentOver(carrier);
  const actors = new Map<string, Actor>();
  const running = new Map<string, AbortController>();
  const revisions = new Map<string, number>();
  let people = 0;

  async function post(
    _path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ status: number }> {
    const request = { body: Buffer.from(body), header: (name: string) => headers[name], now: clock.now() };
    const reading = await carrier.webhook(request);
    if (reading.verdict !== 'read') throw new Error(`the webhook is ${reading.verdict}`);
    pending.push(...reading.messages.map(({ to, event }) => fromActor(keyOf(to), event)));
    return { status: 200 };
  }

  carrier.setMode(random.pick(['up', 'down', 'slow', 'slow']));
  for (const order of ['o1', 'o2']) {
    const id = `${order}~f1~s1`;
    const input = { ...parcel, orderId: order, fulfillmentId: `${order}~f1` };
    const others = [trackingNumber, listener];
    actors.set(`shipment/${id}`, actor(definition, { id, input, others }));
    revisions.set(id, 1);
    startActivities(id);
  }
  if (random.chance(0.3)) claimNumber(random.pick([...revisions.keys()]));

  /** The carrier gives a number that it gave before. */
  function claimNumber(id: string): void {
    const number = numberOf(`${id}#1`);
    const input = { carrier: carrier.name, trackingNumber: number, shipmentId: 'o9~f1~s1' };
    actors.set(`trackingNumber/sandbox~${number}`, numberActor(`sandbox~${number}`, input));
  }

  function numberActor(id: string, input: object): Actor {
    return actor(trackingNumber, { id, input, others: [definition, listener] });
  }

  function deliver(message: Message): void {
    const key = keyOf(message.to);
    let self = actors.get(key);
    if (self === undefined && 'event' in message && message.event.type === 'trackingNumber.claim') {
      const { type: _type, ...input } = message.event;
      self = numberActor(message.to.id, input);
      actors.set(key, self);
    }
    if (self === undefined) return;
    const { effects, outcome } = self.take(message, clock.now());
    if (outcome.outcome === 'refused' && message.from === 'actor')
      throw new Error(`${key} refuses ${JSON.stringify(message.event)} in ${whereIs(self)}`);
    for (const { to, event } of effects.messages) {
      if (to.kind !== 'fulfillment') pending.push(fromActor(keyOf(to), event, { sender: message.to }));
    }
    if (message.to.kind !== 'shipment') return;
    check(definition, self);
    startActivities(message.to.id);
  }

  function startActivities(id: string): void {
    const activities = actors.get(`shipment/${id}`)?.record().activities ?? {};
    const wanted = new Set(Object.values(activities).map(({ token }) => token));
    for (const [token, controller] of running) {
      if (!token.startsWith(`shipment/${id}@`) || wanted.has(token)) continue;
      controller.abort();
      running.delete(token);
    }
    for (const [activity, given] of Object.entries(activities)) {
      if (running.has(given.token)) continue;
      const controller = new AbortController();
      running.set(given.token, controller);
      void carryOut({ clock, definition, given, signal: controller.signal }).then((result) => {
        const to: Address = { kind: 'shipment', id };
        pending.push({ from: 'activity', to, activity, token: given.token, result: result as never });
      });
    }
  }

  /** The first of those between the same two, as channels keep their order. */
  function takePending(): Message | undefined {
    if (pending.length === 0) return undefined;
    const drawn = random.pick(pending);
    const same = (each: Message): boolean => each.from === drawn.from && keyOf(each.to) === keyOf(drawn.to);
    const [message] = pending.splice(pending.findIndex(same), 1);
    return message;
  }

  async function pass(ms: number): Promise<void> {
    await clock.advance(ms);
    for (const self of [...actors.values()]) {
      for (const [timer, { at, token }] of Object.entries(self.record().timers)) {
        const { kind, id } = self.record();
        if (at <= clock.now()) deliver({ from: 'timer', to: { kind, id }, timer, token });
      }
    }
  }

  function ask(id: string, event: Event): void {
    const principal = { subject: 'kim', roles: ['admin', 'webhook'], warehouses: ['*'] };
    deliver(command(`shipment/${id}`, event, { principal }));
  }

  function bookByHand(id: string): void {
    // Now and then a number that somebody has already.
    const taken = carrier.ledger().labels.map((label) => label.trackingNumber);
    const number = taken.length > 0 && random.chance(0.2) ? random.pick(taken) : `M${++people}`;
    ask(id, { type: 'shipment.bookManually', carrier: 'sandbox', trackingNumber: number });
  }

  async function scanSomething(): Promise<void> {
    const { labels } = carrier.ledger();
    if (labels.length === 0) return;
    const { trackingNumber: number } = random.pick(labels);
    await carrier.scan({ trackingNumber: number, status: random.pick(scanStatuses) }).answered;
  }

  async function happen(id: string): Promise<void> {
    const key = `shipment/${id}`;
    const draw = random.below(100);
    if (draw < 12) {
      const revision = (revisions.get(id) ?? 0) + 1;
      revisions.set(id, revision);
      deliver(fromActor(key, { type: 'shipment.readdress', shipTo: elsewhere, revision }));
    } else if (draw < 13) deliver(fromActor(key, { type: 'shipment.void' }));
    else if (draw < 14) deliver(fromActor(key, { type: 'shipment.handedOver' }));
    else if (draw < 30) bookByHand(id);
    else if (draw < 33) await scanSomething();
    else if (draw < 40) carrier.setMode(random.pick(['up', 'down', 'slow', 'slow']));
    else await pass(random.pick([second, 8 * second, 12 * second, 60 * second, 700 * second, 2 * hour]));
  }

  return {
    carrier,
    async step() {
      const message = random.chance(0.6) ? takePending() : undefined;
      if (message === undefined) await happen(random.pick([...revisions.keys()]));
      else deliver(message);
      await clock.advance(0);
    },
    async rest() {
      carrier.setMode('up');
      for (let round = 0; round < 400; round++) {
        for (let message = takePending(); message !== undefined; message = takePending()) deliver(message);
        for (const id of revisions.keys()) {
          const where = whereIs(actors.get(`shipment/${id}`) as Actor);
          if (where.includes('manualBooking')) bookByHand(id);
        }
        await pass(hour);
      }
    },
    shipments: () =>
      [...revisions.keys()].map((id) => {
        const self = actors.get(`shipment/${id}`) as Actor;
        return { id, where: whereIs(self), context: self.record().snapshot.context as ShipmentContext };
      }),
    owner: (name, number) => {
      const context = actors.get(`trackingNumber/${name}~${number}`)?.record().snapshot.context as
        { shipmentId: string } | undefined;
      return context?.shipmentId;
    },
  };
}

/** As the runtime does: tries again after errors, gives up waiting in time, and never cuts a call short. */
async function carryOut(given: {
  clock: ManualClock;
  definition: ActorDefinition;
  given: RunningActivity;
  signal: AbortSignal;
}): Promise<{ output: unknown } | { error: { code: string; message: string } }> {
  const { clock, definition, signal } = given;
  const { source, input, token } = given.given;
  const activity = definition.activities[source] as Activity;
  for (let attempt = 1; ; attempt++) {
    try {
      const call = activity.run(JSON.parse(JSON.stringify(input)), {
        key: token,
        attempt,
        repeated: attempt > 1,
        signal,
      });
      const late = new Promise((resolve, reject) => {
        clock.after(activity.timeoutMs, () =>
          activity.late === undefined ? reject(new Error('no answer')) : resolve(activity.late),
        );
      });
      late.catch(() => undefined);
      return { output: await Promise.race([call, late]) };
    } catch (error) {
      const code = error instanceof TerminalError ? 'terminal' : 'exhausted';
      if (code === 'terminal' || attempt >= activity.retry.attempts)
        return { error: { code, message: messageOf(error) } };
      await new Promise<void>((resolve) => void clock.after(activity.retry.baseMs, resolve));
    }
  }
}
