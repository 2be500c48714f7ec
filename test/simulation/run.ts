/** `npm run simulate`: seeds by the thousand, one seed step by step, or one made smaller. */
import { writeReport } from '../support/report.ts';
import { faultKinds } from './faults.ts';
import { simulateMany, type Failure, type Totals } from './many.ts';
import {
  optionsOf,
  optionsText,
  usage,
  UsageError,
  type Common,
  type ManySeeds,
  type OneSeed,
} from './options.ts';
import type { Plan } from './plan.ts';
import { takeOut } from './without.ts';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function tell(totals: Totals, seconds: number, common: Common): void {
  const days = (totals.ms / 86_400_000).toFixed(2);
  say(`${totals.seeds} seeds, ${totals.steps} steps, ${days} simulated days in ${seconds.toFixed(1)} s`);
  for (const kind of faultKinds) say(`  ${kind.padEnd(17)} ${totals.faults[kind] ?? 0}`);
  say(totals.failures.length === 0 ? 'every invariant held' : 'broken:');
  for (const failure of totals.failures) say(`  ${told(failure, common)}`);
}

function told({ seed, step, message }: Failure, common: Common): string {
  const options = optionsText(common);
  return `seed ${seed}, step ${step}: ${message}\n    npm run simulate -- --seed ${seed} ${[options, '--shrink'].filter(Boolean).join(' ')}`;
}

async function many({ from, seeds, report, ...common }: ManySeeds): Promise<boolean> {
  const startedAt = performance.now();
  const totals = await simulateMany({
    from,
    seeds,
    ...common,
    progress: ({ seeds: done, failures }) => {
      if (process.stderr.isTTY)
        process.stderr.write(`\r${done} of ${seeds} seeds, ${failures.length} broken `);
    },
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  if (process.stderr.isTTY) process.stderr.write('\n');
  tell(totals, seconds, common);
  if (report) writeReport('simulation', { from, seconds, ...totals });
  return totals.failures.length === 0;
}

function tellPlan({ processes, partitions, batchMax, healAt, steps }: Plan, skip: ReadonlySet<number>): void {
  say(`${processes} processes, ${partitions} partitions, batches of ${batchMax}, faults end at ${healAt} ms`);
  for (const { index, at, deed } of steps)
    if (!skip.has(index)) say(`  ${index} at ${at} ms: ${JSON.stringify(deed)}`);
}

async function one({
  seed,
  trace,
  shrink: smaller,
  faults,
  workload,
  skip,
  without,
}: OneSeed): Promise<boolean> {
  if (without !== undefined) takeOut(without);
  // After the rule has gone.
  const { simulate } = await import('./simulate.ts');
  const given = {
    skip,
    ...(faults === undefined ? {} : { faults }),
    ...(workload === undefined ? {} : { workload }),
  };
  const { violation, steps, ms, plan } = await simulate({ seed, ...given, ...(trace ? { trace: say } : {}) });
  if (violation === undefined) {
    say(`seed ${seed}: ${steps} steps, ${ms} simulated ms, every invariant held`);
    return true;
  }
  say(`seed ${seed}, step ${violation.step}: ${violation.message}`);
  if (!smaller) {
    tellPlan(plan, skip);
    return false;
  }
  const { shrink } = await import('./shrink.ts');
  const { outcome, tries, ...shrunk } = await shrink(seed, given);
  say(`made smaller in ${tries} runs: step ${outcome.violation.step}: ${outcome.violation.message}`);
  tellPlan(outcome.plan, shrunk.skip);
  say(`npm run simulate -- --seed ${seed} ${optionsText({ ...shrunk, workload, without })} --trace`);
  return false;
}

try {
  const asked = optionsOf(process.argv.slice(2));
  if (asked === 'help') say(usage);
  else process.exitCode = (await ('one' in asked ? one(asked.one) : many(asked.many))) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
