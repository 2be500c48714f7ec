/** A worker thread of `many.ts`: runs the seeds that it is given, on a source that may lack a rule. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FaultKind } from './faults.ts';
import type { Rule } from './rules.ts';
import { takeOut } from './without.ts';
import type { WorkloadName } from './workloads.ts';

const { without, ...given } = workerData as {
  faults?: readonly FaultKind[];
  workload?: WorkloadName;
  without?: Rule;
};
if (without !== undefined) takeOut(without);
const { simulate } = await import('./simulate.ts');

async function run(seed: number): Promise<void> {
  const { plan: _plan, ...outcome } = await simulate({ seed, ...given });
  parentPort?.postMessage(outcome);
}

parentPort?.on('message', (seed: number) => void run(seed));
