/** What a seed does and when: the whole run, but for the faults of single calls, which are drawn as they come. */
import type { SeededRandom } from '../support/random.ts';
import type { FaultKind, Faults, PlannedFault } from './faults.ts';
import type { Doom } from './process.ts';
import type { Asking, Workload } from './workload.ts';

export type Deed =
  | {
      readonly what: 'ask';
      readonly client: number;
      readonly asking: Asking | { readonly draw: number };
      readonly copies: number;
      readonly keyed: boolean;
    }
  | {
      readonly what: 'crash';
      readonly process: number;
      /** Undefined: at once. */
      readonly doom?: Doom;
    }
  | { readonly what: 'pause'; readonly process: number; readonly ms: number }
  | { readonly what: 'cut'; readonly process: number }
  | { readonly what: 'clockJump'; readonly process: number; readonly ms: number }
  | { readonly what: 'storeClockJump'; readonly ms: number }
  | { readonly what: 'fallBack' | 'fallBackByShard'; readonly backMs: number; readonly salt: number }
  | { readonly what: 'twoOwners' }
  | { readonly what: 'tailLost' | 'tailLostBack'; readonly messages: number };

export interface Step {
  /** In the order made; what is left out when a failure is made smaller. */
  readonly index: number;
  /** Ms after the start. */
  readonly at: number;
  readonly deed: Deed;
}

export interface Plan {
  readonly processes: number;
  readonly partitions: number;
  readonly batchMax: number;
  /** Faults end here, and everything has to settle. */
  readonly healAt: number;
  readonly steps: readonly Step[];
}

export function planOf(random: SeededRandom, workload: Workload, faults: Faults): Plan {
  const healAt = 8_000 + random.below(20_000);
  const deeds: { at: number; deed: Deed }[] = [];
  const add = (deed: Deed): void => void deeds.push({ at: random.below(healAt), deed });
  const ask = (asking: Asking | { draw: number }, at: number): void => {
    const client = random.below(workload.principals.length);
    const keyed = random.chance(0.8);
    const copies = random.chance(0.25) && keyed ? 2 : 1;
    deeds.push({ at, deed: { what: 'ask', client, asking, copies, keyed } });
  };
  for (const { at, ...asking } of workload.first(random)) ask(asking, at ?? random.below(500));
  // Half of the runs come to rest before the faults end: an idle owner has to notice too.
  const askUntil = healAt * random.pick([0.6, 1]);
  for (let left = 20 + random.below(50); left > 0; left--) ask(workload.next(random), random.below(askUntil));
  for (const kind of plannable) {
    for (let left = 1 + random.below(3); left > 0; left--) {
      const deed = kinds[kind](random);
      if (faults.kinds.has(kind)) add(deed);
      else random.next();
    }
  }
  const steps = deeds
    .map(({ at, deed }, index) => ({ index, at, deed }))
    .sort((one, other) => one.at - other.at);
  return {
    processes: 1 + random.below(3),
    partitions: 1 + random.below(3),
    batchMax: random.pick([1, 3, 8, 64]),
    healAt,
    steps,
  };
}

const kinds: Record<PlannedFault, (random: SeededRandom) => Deed> = {
  crash: (random) => ({
    what: 'crash',
    process: random.below(3),
    ...(random.chance(0.15) ? {} : { doom: doomOf(random) }),
  }),
  pause: (random) => ({
    what: 'pause',
    process: random.below(3),
    ms: 50 + random.below(random.pick([500, 8_000])),
  }),
  cut: (random) => ({ what: 'cut', process: random.below(3) }),
  clockJump: (random) => ({
    what: 'clockJump',
    process: random.below(3),
    ms: random.pick([300, 1_500, 5_000, -2_000, 90_000_000]),
  }),
  storeClockJump: (random) => ({ what: 'storeClockJump', ms: random.pick([500, 3_000]) }),
  fallBack: (random) => ({ what: 'fallBack', backMs: random.below(6_000), salt: random.below(1_000) }),
  fallBackByShard: (random) => ({
    what: 'fallBackByShard',
    backMs: random.below(6_000),
    salt: random.below(1_000),
  }),
  twoOwners: () => ({ what: 'twoOwners' }),
  tailLost: (random) => ({ what: 'tailLost', messages: 1 + random.below(8) }),
  tailLostBack: (random) => ({ what: 'tailLostBack', messages: 1 + random.below(8) }),
};

/** All that a process asks of a server; the busiest more than once. */
const calls = [
  ...['commit', 'commit', 'append', 'append', 'append', 'fetch', 'load', 'acquire', 'renew', 'release'],
  ...['reader', 'at', 'bounds', 'due', 'received', 'settle'],
];

function doomOf(random: SeededRandom): Doom {
  return {
    call: random.pick(calls),
    nth: 1 + random.below(random.pick([1, 8])),
    when: random.pick(['asked', 'applied']),
  };
}

const plannable = Object.keys(kinds) as PlannedFault[];

/** Faults that a plan may hold, for those who leave some out. */
export const isPlanned = (kind: FaultKind): kind is PlannedFault => kind in kinds;
