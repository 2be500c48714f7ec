/** Many seeds: one after the other, or shared among worker threads; what happened is added up. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FaultKind } from './faults.ts';
import type { Rule } from './rules.ts';
import type { Outcome } from './simulate.ts';
import type { WorkloadName } from './workloads.ts';

export interface Totals {
  seeds: number;
  steps: number;
  /** Simulated. */
  ms: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  /** Seeds that broke an invariant, the first ones. */
  readonly failures: Failure[];
}

export type Failure = Pick<Outcome, 'seed'> & NonNullable<Outcome['violation']>;

export interface ManyGiven {
  readonly from: number;
  readonly seeds: number;
  readonly faults?: readonly FaultKind[] | undefined;
  readonly workload?: WorkloadName | undefined;
  /** Taken out of the source before it is loaded. */
  readonly without?: Rule | undefined;
  /** Ends after so many failures. */
  readonly failuresMax?: number;
  readonly progress?: (totals: Totals) => void;
}

const chunk = 25;
const thread = new URL('thread.ts', import.meta.url);

export function emptyTotals(): Totals {
  return { seeds: 0, steps: 0, ms: 0, faults: {}, failures: [] };
}

export function addTo(totals: Totals, { seed, steps, ms, faults, violation }: Omit<Outcome, 'plan'>): void {
  totals.seeds += 1;
  totals.steps += steps;
  totals.ms += ms;
  for (const [kind, count] of Object.entries(faults) as [FaultKind, number][])
    totals.faults[kind] = (totals.faults[kind] ?? 0) + count;
  if (violation !== undefined) totals.failures.push({ seed, ...violation });
}

/** A thread that stays at one seed for so long will not come back, ms. */
const hangsMs = 120_000;

/** On all cores, each seed in one thread from its beginning to its end. */
export async function simulateMany(given: ManyGiven): Promise<Totals> {
  const totals = emptyTotals();
  const end = given.from + given.seeds;
  let next = given.from;

  /** The next seeds; undefined when there is nothing more to do. */
  function take(): { from: number; to: number } | undefined {
    if (next >= end || totals.failures.length >= (given.failuresMax ?? 10)) return undefined;
    const from = next;
    next = Math.min(end, from + chunk);
    return { from, to: next };
  }

  function done(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) addTo(totals, outcome);
    given.progress?.(totals);
  }

  const threads = Math.min(availableParallelism(), Math.ceil(given.seeds / chunk));
  await Promise.all(Array.from({ length: threads }, () => runThread(given, { take, done })));
  totals.failures.sort((one, other) => one.seed - other.seed);
  return totals;
}

interface Work {
  readonly take: () => { from: number; to: number } | undefined;
  readonly done: (outcomes: readonly Outcome[]) => void;
}

async function runThread({ faults, workload, without }: ManyGiven, { take, done }: Work): Promise<void> {
  // The seed that the thread is at: where it hangs, it cannot say so itself.
  const at = new Uint32Array(new SharedArrayBuffer(4));
  const worker = new Worker(thread, { workerData: { faults, workload, without, at } });
  let watch: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const more = (): void => {
        const seeds = take();
        if (seeds === undefined) resolve();
        else worker.postMessage(seeds);
      };
      watch = watchdog(at, (seed) => {
        const message = `liveness: hangs in one step for ${hangsMs / 1_000} s`;
        const violation = { invariant: 'liveness', message, step: 0 };
        done([{ seed, steps: 0, ms: 0, faults: {}, violation } as unknown as Outcome]);
        resolve();
      });
      worker.on('message', (outcomes: Outcome[]) => {
        done(outcomes);
        more();
      });
      worker.on('error', reject);
      more();
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}

function watchdog(at: Uint32Array, hangs: (seed: number) => void): NodeJS.Timeout {
  let [seed, since] = [0, Date.now()];
  return setInterval(() => {
    const now = Atomics.load(at, 0);
    if (now !== seed) [seed, since] = [now, Date.now()];
    else if (Date.now() - since > hangsMs) hangs(seed);
  }, 1_000);
}
