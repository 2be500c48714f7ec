/** A worker thread of `many.ts`: runs the seeds that it is given, on a source that may lack a rule. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Rule } from '../simulation/rules.ts';
import { takeOut } from '../simulation/without.ts';

const { without } = workerData as { without?: Rule };
if (without !== undefined) takeOut(without);
const { runShop } = await import('./shop.ts');

parentPort?.on('message', (seed: number) => parentPort?.postMessage(runShop(seed)));
