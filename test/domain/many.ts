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

const chunk = 5;
const thread = new URL('thread.ts', import.meta.url);

export async function runMany(given: ManyGiven): Promise<Totals> {
  const { from, seeds, failuresMax = 10 } = given;
  const totals: Totals = { seeds: 0, steps: 0, turns: 0, ends: {}, failures: [] };
  const end = from + seeds;
  let next = from;

  /** The next seeds; undefined when there is nothing more to do. */
  function take(): { from: number; to: number } | undefined {
    if (next >= end || totals.failures.length >= failuresMax) return undefined;
    const first = next;
    next = Math.min(end, first + chunk);
    return { from: first, to: next };
  }

  const count = given.threads ?? Math.min(availableParallelism(), Math.ceil(seeds / chunk));
  await Promise.all(
    Array.from({ length: count }, () => runThread(given.without, take, (runs) => addAll(totals, runs))),
  );
  totals.failures.sort((one, other) => one.seed - other.seed);
  return totals;
}

function addAll(totals: Totals, runs: readonly Run[]): void {
  for (const run of runs) {
    totals.seeds += 1;
    totals.steps += run.steps;
    totals.turns += run.turns;
    for (const end of run.ends) totals.ends[end] = (totals.ends[end] ?? 0) + 1;
    if (run.faults.length > 0) totals.failures.push(run);
  }
}

async function runThread(
  without: Rule | undefined,
  take: () => { from: number; to: number } | undefined,
  done: (runs: readonly Run[]) => void,
): Promise<void> {
  const worker = new Worker(thread, { workerData: { without } });
  try {
    await new Promise<void>((resolve, reject) => {
      const more = (): void => {
        const seeds = take();
        if (seeds === undefined) resolve();
        else worker.postMessage(seeds);
      };
      worker.on('message', (runs: Run[]) => {
        done(runs);
        more();
      });
      worker.on('error', reject);
      more();
    });
  } finally {
    await worker.terminate();
  }
}
