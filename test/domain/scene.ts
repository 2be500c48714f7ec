/** What the parts of a run share: the actors, the world outside, and chance. */
import type { CarrierLedger } from '../../actors/carriers/sandbox-ledger.ts';
import type { Event } from '../../runtime/message.ts';
import type { PendingActivity } from '../../runtime/ports.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import type { SeededRandom } from '../support/random.ts';
import type { Bank } from './bank.ts';
import type { Goods } from './goods.ts';
import type { Letter, World } from './world.ts';

/** Something that could happen next. */
export interface Option {
  readonly weight: number;
  readonly name: string;
  readonly run: () => void;
}

/** A webhook on its way. */
export interface Post {
  readonly to: string;
  readonly event: Event;
  /** How often it may still come. */
  times: number;
}

export interface Scene {
  readonly world: World;
  readonly random: SeededRandom;
  readonly bank: Bank;
  readonly carrier: CarrierLedger;
  readonly goods: Goods;
  /** Calls that nobody waits for any more, and that still reach the outside. */
  readonly straying: PendingActivity[];
  readonly posts: Post[];
  /** What was found to be wrong. */
  readonly faults: string[];
  /** Whatever is begun is brought to its end, nothing is disturbed any more. */
  isEnding: boolean;
  /** Nobody counts, receives or closes anything before the end. */
  readonly isCalm: boolean;
  /** Orders whose money a person settled at the gateway. */
  readonly settledByHand: Set<string>;
  /** Fulfillments that a hold has not reached, because what makes them was a dead letter. */
  readonly missed: Set<string>;
  /** The newest address that a fulfillment was to ship to after all: a revision, by its id. */
  readonly readdressed: Map<string, number>;
  readonly counters: {
    numbers: number;
    receipts: number;
    holds: number;
    scans: number;
    /** Turns that changed something. */
    accepted: number;
  };
}

export const carrierName = 'sandbox';
/** Whom people book with by hand. */
export const otherCarrier = 'post';
export const onceGateway = 'once';

export function recordsOf({ world }: Scene, kind: string): ActorRecord[] {
  return [...world.records.values()].filter((record) => record.kind === kind);
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the kind
export function contextOf<Context>(record: ActorRecord): Context {
  return record.snapshot.context as Context;
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as above
export function contextAt<Context>({ world }: Scene, key: string): Context | undefined {
  const record = world.records.get(key);
  return record === undefined ? undefined : contextOf<Context>(record);
}

/** `active.hold` is also in `active`. */
export function isAt({ menu }: ActorRecord, path: string): boolean {
  return menu.leaves.some((leaf) => leaf === path || leaf.startsWith(`${path}.`));
}

/** Nothing more is to happen to it, though it still hears what comes late. */
export function isEnded({ snapshot }: ActorRecord): boolean {
  return snapshot.tags.has('ended');
}

/** What is under way between the two, dead letters included. */
export function sentOn({ world }: Scene, from: string, to: string): Letter[] {
  const letters = world.letters().filter((letter) => letter.from === from && letter.to === to);
  return [...world.under(`${from}>${to}`), ...letters];
}
