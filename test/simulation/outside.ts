/**
 * The world outside of a simulated shop: two gateways and a carrier on simulated time. Their ledgers are not
 * Waybill's, so no crash and no fault touches them; what they tell by themselves comes as signed webhooks.
 */
import { sandboxCarrier, type SandboxCarrier } from '../../actors/carriers/sandbox.ts';
import { memoryLedger } from '../../actors/carriers/sandbox-ledger.ts';
import { createSandboxGateway, type SandboxGateway } from '../../actors/gateways/sandbox.ts';
import type { SandboxAuthorization, SandboxOperation } from '../../actors/gateways/sandbox-books.ts';
import { createMemoryLedger } from '../../actors/gateways/sandbox-ledger.ts';
import type { Call, Carrier, PaymentGateway, Webhook } from '../../actors/providers.ts';
import type { Address } from '../../runtime/address.ts';
import type { Reply } from '../../runtime/caller.ts';
import type { Event, Principal } from '../../runtime/message.ts';
import type { SeededRandom } from '../support/random.ts';
import type { Faults } from './faults.ts';
import type { SimulatedTime } from './time.ts';

interface Given {
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly faults: Faults;
  /** To any process that runs; undefined where none answers. */
  readonly tell: (principal: Principal, to: Address, event: Event) => Promise<Reply | undefined>;
}

interface Ledger {
  readonly authorizations: readonly SandboxAuthorization[];
  readonly operations: readonly SandboxOperation[];
}

/** The second one captures no more than once an authorization (rule 14). */
const gatewayNames = ['sandbox', 'once'] as const;
export const carrierName = 'sandbox';
const secret = 'of the simulation';

export class Outside {
  readonly gateways: readonly SandboxGateway[];
  readonly carrier: SandboxCarrier;
  readonly #given: Given;

  constructor(given: Given) {
    const { time: clock } = given;
    this.#given = given;
    const timing = { webhookMs: 50, lateMs: 6_000 };
    this.gateways = gatewayNames.map((name) =>
      createSandboxGateway({
        ...{ name, secret, clock, ledger: createMemoryLedger(), capturesOnce: name === 'once', ...timing },
        post: (...request) => this.#post(request, this.gateways),
      }),
    );
    this.carrier = sandboxCarrier({
      ...{ name: carrierName, secret, clock, ledger: memoryLedger(), slowMs: 14_000 },
      post: async (...request) => ({ status: await this.#post(request, [this.carrier]) }),
    });
  }

  /** What the gateways have seen, all of it. */
  payments(): Ledger {
    const seen = this.gateways.map(({ pages }) => pages.ledger() as Ledger);
    return {
      authorizations: seen.flatMap(({ authorizations }) => authorizations),
      operations: seen.flatMap(({ operations }) => operations),
    };
  }

  /** The customer says yes or no at the gateway. */
  confirm(paymentId: string, outcome: 'succeeded' | 'failed'): void {
    for (const { pages } of this.gateways) pages.routes[0]?.run({ params: { paymentId }, body: { outcome } });
  }

  /** A call over a network: it takes time, may not arrive, and its answer may be lost. */
  async call<Answer>(carryOut: () => Promise<Answer>): Promise<Answer> {
    const { time, random, faults } = this.#given;
    const hangs = faults.strikes('activityHangs', random);
    const fails = faults.strikes('activityFails', random);
    const unseen = faults.strikes('activityUnseen', random);
    await time.later(5 + random.below(300));
    if (hangs) await new Promise(() => undefined);
    if (fails) throw new Error('nobody is there');
    const answer = await carryOut();
    if (unseen) throw new Error('done, but nobody heard');
    return answer;
  }

  /** As http/webhooks.ts takes it: the status of the answer. */
  async #post(
    [path, body, headers]: Parameters<Parameters<typeof createSandboxGateway>[0]['post']>,
    sources: readonly { readonly name: string; readonly webhook: Webhook }[],
  ): Promise<number> {
    const { time, tell } = this.#given;
    const name = path.split('/').at(-1) ?? '';
    const source = sources.find((each) => each.name === name);
    if (source === undefined) throw new Error(`nobody reads ${path}`);
    const header = (key: string): string | undefined => headers[key];
    const reading = await source.webhook({ body: Buffer.from(body), header, now: time.now() });
    if (reading.verdict !== 'read') throw new Error(`a webhook of ${name} is ${reading.verdict}`);
    const principal = { subject: `webhook:${name}`, roles: ['webhook'], warehouses: [] };
    for (const { to, event } of reading.messages) {
      const reply = await tell(principal, to, event);
      if (reply?.reply !== 'answered' && reply?.reply !== 'later') return 503;
    }
    return 200;
  }
}

let outside: Outside | undefined;

/** Simulations run one after the other; definitions are made once. */
export function openOutside(opened: Outside): void {
  outside = opened;
}

export function theOutside(): Outside {
  if (outside === undefined) throw new Error('no simulation is running');
  return outside;
}

/** What was sent arrives, even if nobody waits for the answer any more. */
const call: Call = { signal: new AbortController().signal };

export const gateways: readonly PaymentGateway[] = gatewayNames.map((name, index) => {
  const real = (): SandboxGateway => theOutside().gateways[index] as SandboxGateway;
  return {
    ...{ name, capturesOnce: name === 'once' },
    carryOut: (operation) => theOutside().call(() => real().carryOut(operation, call)),
    lookUp: (operation) => theOutside().call(() => real().lookUp(operation, call)),
    webhook: (request) => real().webhook(request),
  };
});

export const carrier: Carrier = {
  name: carrierName,
  book: (booking) => theOutside().call(() => theOutside().carrier.book(booking, call)),
  lookUp: (booking) => theOutside().call(() => theOutside().carrier.lookUp(booking, call)),
  void: (booking) => theOutside().call(() => theOutside().carrier.void(booking, call)),
  webhook: (request) => theOutside().carrier.webhook(request),
};
