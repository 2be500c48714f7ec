/** A worker thread of `many.ts`: runs the seeds that it is given, on a source that may lack a rule. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FaultKind } from './faults.ts';
import type { Rule } from './rules.ts';
import type { Outcome } from './simulate.ts';
import { takeOut } from './without.ts';
import type { WorkloadName } from './workloads.ts';

const { without, at, ...given } = workerData as {
  faults?: readonly FaultKind[];
  workload?: WorkloadName;
  without?: Rule;
  at: Uint32Array;
};
if (without !== undefined) takeOut(without);
const { simulate } = await import('./simulate.ts');

async function run({ from, to }: { from: number; to: number }): Promise<void> {
  const outcomes: Omit<Outcome, 'plan'>[] = [];
  for (let seed = from; seed < to; seed++) {
    Atomics.store(at, 0, seed);
    const { plan: _plan, ...outcome } = await simulate({ seed, ...given });
    outcomes.push(outcome);
  }
  parentPort?.postMessage(outcomes);
}

parentPort?.on('message', (seeds: { from: number; to: number }) => void run(seeds));
