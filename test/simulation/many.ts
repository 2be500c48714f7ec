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
  /** As many as there are cores, if left out. */
  readonly threads?: number;
  readonly progress?: (totals: Totals) => void;
}

const thread = new URL('thread.ts', import.meta.url);

function emptyTotals(): Totals {
  return { seeds: 0, steps: 0, ms: 0, faults: {}, failures: [] };
}

function addTo(totals: Totals, { seed, steps, ms, faults, violation }: Done): void {
  totals.seeds += 1;
  totals.steps += steps;
  totals.ms += ms;
  for (const [kind, count] of Object.entries(faults) as [FaultKind, number][])
    totals.faults[kind] = (totals.faults[kind] ?? 0) + count;
  if (violation !== undefined) totals.failures.push({ seed, ...violation });
}

/** A thread that stays at one seed for so long will not come back, ms. */
const hangsMs = 120_000;

/** Each seed in one thread from its beginning to its end. */
export async function simulateMany(given: ManyGiven): Promise<Totals> {
  const totals = emptyTotals();
  const end = given.from + given.seeds;
  let next = given.from;

  /** The next seed; undefined when there is nothing more to do. */
  function take(): number | undefined {
    if (next >= end || totals.failures.length >= (given.failuresMax ?? 10)) return undefined;
    return next++;
  }

  function done(outcome: Done): void {
    addTo(totals, outcome);
    given.progress?.(totals);
  }

  const threads = given.threads ?? Math.min(availableParallelism(), given.seeds);
  await Promise.all(Array.from({ length: threads }, () => runThread(given, { take, done })));
  totals.failures.sort((one, other) => one.seed - other.seed);
  return totals;
}

/** As a thread tells it. */
type Done = Omit<Outcome, 'plan'>;

interface Work {
  readonly take: () => number | undefined;
  readonly done: (outcome: Done) => void;
}

async function runThread({ faults, workload, without }: ManyGiven, { take, done }: Work): Promise<void> {
  const worker = new Worker(thread, { workerData: { faults, workload, without } });
  let watch: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const more = (): void => {
        clearTimeout(watch);
        const seed = take();
        if (seed === undefined) {
          resolve();
          return;
        }
        worker.postMessage(seed);
        watch = setTimeout(() => {
          done(hanging(seed));
          resolve();
        }, hangsMs);
      };
      worker.on('message', (outcome: Done) => {
        done(outcome);
        more();
      });
      worker.on('error', reject);
      more();
    });
  } finally {
    clearTimeout(watch);
    await worker.terminate();
  }
}

function hanging(seed: number): Done {
  const message = `liveness: hangs in one step for ${hangsMs / 1_000} s`;
  return { seed, steps: 0, ms: 0, faults: {}, violation: { invariant: 'liveness', message, step: 0 } };
}
