/** Many runs, shared among worker threads; what happened is added up. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Rule } from '../simulation/rules.ts';
import type { Run } from './shop.ts';

export interface Totals {
  seeds: number;
  steps: number;
  turns: number;
  /** How orders ended. */
  readonly ends: Record<string, number>;
  /** Runs with faults, the first ones. */
  readonly failures: Run[];
}

export interface ManyGiven {
  readonly from: number;
  readonly seeds: number;
  /** Taken out of the source before it is loaded. */
  readonly without?: Rule | undefined;
  /** Ends after so many failures. */
  readonly failuresMax?: number;
  readonly threads?: number;
}

const thread = new URL('thread.ts', import.meta.url);

export async function runMany(given: ManyGiven): Promise<Totals> {
  const { from, seeds, failuresMax = 10 } = given;
  const totals: Totals = { seeds: 0, steps: 0, turns: 0, ends: {}, failures: [] };
  const end = from + seeds;
  let next = from;

  /** The next seed; undefined when there is nothing more to do. */
  function take(): number | undefined {
    if (next >= end || totals.failures.length >= failuresMax) return undefined;
    return next++;
  }

  const count = given.threads ?? Math.min(availableParallelism(), seeds);
  await Promise.all(
    Array.from({ length: count }, () => runThread(given.without, take, (run) => addTo(totals, run))),
  );
  totals.failures.sort((one, other) => one.seed - other.seed);
  return totals;
}

function addTo(totals: Totals, run: Run): void {
  totals.seeds += 1;
  totals.steps += run.steps;
  totals.turns += run.turns;
  for (const end of run.ends) totals.ends[end] = (totals.ends[end] ?? 0) + 1;
  if (run.faults.length > 0) totals.failures.push(run);
}

async function runThread(
  without: Rule | undefined,
  take: () => number | undefined,
  done: (run: Run) => void,
): Promise<void> {
  const worker = new Worker(thread, { workerData: { without } });
  try {
    await new Promise<void>((resolve, reject) => {
      const more = (): void => {
        const seed = take();
        if (seed === undefined) resolve();
        else worker.postMessage(seed);
      };
      worker.on('message', (run: Run) => {
        done(run);
        more();
      });
      worker.on('error', reject);
      more();
    });
  } finally {
    await worker.terminate();
  }
}
