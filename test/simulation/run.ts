/** `npm run simulate`: seeds by the thousand, one seed step by step, or one made smaller. */
import { parseArgs } from 'node:util';
import { writeReport } from '../support/report.ts';
import { callFaults, faultKinds, plannedFaults, type FaultKind } from './faults.ts';
import { simulateMany, type Failure, type Totals } from './many.ts';
import type { Plan } from './plan.ts';
import { rules, type Rule } from './rules.ts';
import { takeOut } from './without.ts';

const usage = `npm run simulate -- [options]

  --seeds N         so many seeds (1000), on all cores
  --from N          the first of them (1)
  --seed N          this one only
  --trace           everything that happens in it
  --shrink          made smaller, if it fails
  --faults A,B      only these faults
  --skip 3,5-9      without these steps of its plan
  --without RULE    with a rule taken out of the source: is it found?
  --report          writes reports/simulation.json, for the proof page
  --help            this

Faults: ${Object.entries({ ...callFaults, ...plannedFaults })
  .map(([kind, meaning]) => `\n  ${kind.padEnd(17)} ${meaning}`)
  .join('')}

Rules: ${rules.map(({ name, rule, without }) => `\n  ${name.padEnd(22)} ${rule}: ${without}`).join('')}
`;

class UsageError extends Error {}
class HelpAsked extends Error {}

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly seed: number | undefined;
  readonly trace: boolean;
  readonly shrink: boolean;
  readonly faults: readonly FaultKind[] | undefined;
  readonly skip: ReadonlySet<number>;
  readonly without: Rule | undefined;
  readonly report: boolean;
}

function optionsOf(args: string[]): Options {
  const { values } = parse(args);
  if (values.help) throw new HelpAsked();
  return {
    seeds: natural('seeds', values.seeds ?? '1000'),
    from: natural('from', values.from ?? '1'),
    seed: values.seed === undefined ? undefined : natural('seed', values.seed),
    trace: values.trace,
    shrink: values.shrink,
    faults: values.faults?.split(',').map((kind) => known(faultKinds, 'fault', kind)),
    skip: new Set(values.skip?.split(',').flatMap(range)),
    without: values.without === undefined ? undefined : ruleOf(values.without),
    report: values.report,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        ...{ seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } },
        ...{ faults: { type: 'string' }, skip: { type: 'string' }, without: { type: 'string' } },
        ...{ trace: { type: 'boolean', default: false }, shrink: { type: 'boolean', default: false } },
        report: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    } as const);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function natural(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${name} takes a whole number, not ${text}`);
  return Number(text);
}

function known<Name extends string>(names: readonly Name[], what: string, given: string): Name {
  const found = names.find((name) => name === given);
  if (found === undefined) throw new UsageError(`there is no ${what} named ${given}`);
  return found;
}

function ruleOf(name: string): Rule | undefined {
  known(
    rules.map((rule) => rule.name),
    'rule',
    name,
  );
  return rules.find((rule) => rule.name === name);
}

/** `5-9` → 5, 6, 7, 8, 9 */
function range(text: string): number[] {
  const [first = '', last = first] = text.split('-');
  const from = natural('skip', first);
  return Array.from({ length: natural('skip', last) - from + 1 }, (_, index) => from + index);
}

/** 3, 5, 6, 7 → `3,5-7` */
function ranges(numbers: Iterable<number>): string {
  const parts: [number, number][] = [];
  for (const number of [...numbers].sort((one, other) => one - other)) {
    const last = parts.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function tell(totals: Totals, seconds: number): void {
  const days = (totals.ms / 86_400_000).toFixed(2);
  say(`${totals.seeds} seeds, ${totals.steps} steps, ${days} simulated days in ${seconds.toFixed(1)} s`);
  for (const kind of faultKinds) say(`  ${kind.padEnd(17)} ${totals.faults[kind] ?? 0}`);
  say(totals.failures.length === 0 ? 'every invariant held' : 'broken:');
  for (const failure of totals.failures) say(`  ${told(failure)}`);
}

function told({ seed, step, message }: Failure): string {
  return `seed ${seed}, step ${step}: ${message}\n    npm run simulate -- --seed ${seed} --shrink`;
}

async function many({ from, seeds, faults, without, report }: Options): Promise<boolean> {
  const startedAt = performance.now();
  const totals = await simulateMany({
    from,
    seeds,
    ...(faults === undefined ? {} : { faults }),
    ...(without === undefined ? {} : { without }),
    progress: ({ seeds: done, failures }) => {
      if (process.stderr.isTTY)
        process.stderr.write(`\r${done} of ${seeds} seeds, ${failures.length} broken `);
    },
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  if (process.stderr.isTTY) process.stderr.write('\n');
  tell(totals, seconds);
  if (report) writeReport('simulation', { from, seconds, ...totals });
  return totals.failures.length === 0;
}

function tellPlan({ processes, partitions, batchMax, healAt, steps }: Plan, skip: ReadonlySet<number>): void {
  say(`${processes} processes, ${partitions} partitions, batches of ${batchMax}, faults end at ${healAt} ms`);
  for (const { index, at, deed } of steps)
    if (!skip.has(index)) say(`  ${index} at ${at} ms: ${JSON.stringify(deed)}`);
}

async function one(
  seed: number,
  { trace, shrink: smaller, faults, skip, without }: Options,
): Promise<boolean> {
  if (without !== undefined) takeOut(without);
  // After the rule has gone.
  const { simulate } = await import('./simulate.ts');
  const given = { skip, ...(faults === undefined ? {} : { faults }) };
  const outcome = await simulate({ seed, ...given, ...(trace ? { trace: say } : {}) });
  const { violation, steps, ms, plan } = outcome;
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
  const shrunk = await shrink(seed, given);
  if (shrunk?.outcome.violation === undefined) throw new Error('a seed must fail the same way each time');
  say(
    `made smaller in ${shrunk.tries} runs: step ${shrunk.outcome.violation.step}: ${shrunk.outcome.violation.message}`,
  );
  tellPlan(shrunk.outcome.plan, shrunk.skip);
  const options = `--faults ${shrunk.faults.join(',')} --skip ${ranges(shrunk.skip)}`;
  say(
    `npm run simulate -- --seed ${seed} ${options}${without === undefined ? '' : ` --without ${without.name}`} --trace`,
  );
  return false;
}

try {
  const options = optionsOf(process.argv.slice(2));
  const held = options.seed === undefined ? await many(options) : await one(options.seed, options);
  process.exitCode = held ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError || error instanceof HelpAsked)) throw error;
  if (error instanceof HelpAsked) say(usage);
  else process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = error instanceof HelpAsked ? 0 : 2;
}
