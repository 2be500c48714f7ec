/** Many seeds: one after the other, or shared among worker threads; what happened is added up. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FaultKind } from './faults.ts';
import type { Rule } from './rules.ts';
import type { Outcome } from './simulate.ts';

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
  readonly faults?: readonly FaultKind[];
  /** Taken out of the source before it is loaded. */
  readonly without?: Rule;
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

/** On all cores, each seed in one thread from its beginning to its end. */
export async function simulateMany(given: ManyGiven): Promise<Totals> {
  const totals = emptyTotals();
  const end = given.from + given.seeds;
  let next = given.from;
  const threads = Math.min(availableParallelism(), Math.ceil(given.seeds / chunk));
  const run = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      const more = (): void => {
        const enough = totals.failures.length >= (given.failuresMax ?? 10);
        if (next >= end || enough) {
          resolve();
          return;
        }
        worker.postMessage({ from: next, to: Math.min(end, next + chunk) });
        next += chunk;
      };
      worker.on('message', (outcomes: Outcome[]) => {
        for (const outcome of outcomes) addTo(totals, outcome);
        given.progress?.(totals);
        more();
      });
      worker.on('error', reject);
      more();
    });
  const workerData = { faults: given.faults, without: given.without };
  const workers = Array.from({ length: threads }, () => new Worker(thread, { workerData }));
  try {
    await Promise.all(workers.map(run));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  totals.failures.sort((one, other) => one.seed - other.seed);
  return totals;
}
