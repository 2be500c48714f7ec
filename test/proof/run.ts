/** `npm run proof`: makes all runs that say something about Waybill, and writes `docs/proof.md` from what they left. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { reportFile } from '../support/report.ts';
import { make, vitestName, type Run } from './make.ts';
import { proofPage } from './page.ts';
import { readReports } from './reports.ts';

const vitest = 'node_modules/vitest/vitest.mjs';

/** In this order: later runs write some reports anew, from more. */
const runs: Readonly<Record<string, Run>> = {
  tests: {
    meaning: 'all tests: charts walked and played, rules taken out, short chaos',
    reports: ['tests', 'model', 'rules'],
    args: [
      ...[vitest, 'run', '--reporter=default', '--reporter=json'],
      `--outputFile.json=${reportFile(vitestName)}`,
    ],
    vitest: true,
    env: { WAYBILL_TEST_SLOW: '1' },
  },
  simulation: {
    meaning: 'ten thousand simulated lives',
    reports: ['simulation'],
    args: ['test/simulation/run.ts', '--seeds', '10000', '--report'],
  },
  chaos: {
    meaning: 'real faults for five minutes, and the history judged',
    reports: ['chaos', 'history'],
    args: ['test/chaos/run.ts', '--minutes', '5'],
  },
  mutation: {
    meaning: 'mutants of charts and core',
    reports: ['mutation'],
    args: ['test/mutation/run.ts', '--force'],
  },
};

const usage = `npm run proof -- [options]

  --only A,B    only these runs: ${Object.keys(runs).join(', ')}; of the others the page has the last ones, if any
  --page        no run; writes the page from what is in reports/
  --help        this
${Object.entries(runs)
  .map(([name, { meaning }]) => `\n  ${name.padEnd(12)} ${meaning}`)
  .join('')}
`;

class UsageError extends Error {}
class HelpAsked extends Error {}

function chosen(args: string[]): readonly string[] {
  let values: { only?: string | undefined; page?: boolean | undefined; help?: boolean | undefined };
  try {
    ({ values } = parseArgs({
      args,
      options: { only: { type: 'string' }, page: { type: 'boolean' }, help: { type: 'boolean' } },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help === true) throw new HelpAsked();
  if (values.page === true) return [];
  const names = values.only?.split(',') ?? Object.keys(runs);
  for (const name of names)
    if (!Object.hasOwn(runs, name)) throw new UsageError(`there is no run named ${name}`);
  return names;
}

function versions(): Record<string, string> {
  const packages = ['xstate', '@xstate/store', 'nats', 'ioredis', 'hono', 'zod', 'pino', 'vitest'];
  const installed = packages.map((name) => {
    const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    return [name, (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version];
  });
  return {
    node: process.versions.node,
    'nats-server': /[\d.]+/.exec(said('nats-server', '--version'))?.[0] ?? 'not on PATH',
    'redis-server': /v=([\d.]+)/.exec(said('redis-server', '--version'))?.[1] ?? 'not on PATH',
    ...(Object.fromEntries(installed) as Record<string, string>),
  };
}

function said(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

try {
  const names = chosen(process.argv.slice(2));
  const failed: string[] = [];
  for (const name of names) {
    const run = runs[name] as Run;
    process.stdout.write(`\n== ${name}: ${run.meaning}\n`);
    if (!(await make(run))) failed.push(name);
  }
  writeFileSync(new URL('../../docs/proof.md', import.meta.url), proofPage(readReports(), versions()));
  process.stdout.write('\ndocs/proof.md is written\n');
  if (failed.length > 0) process.stderr.write(`failed: ${failed.join(', ')}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} catch (error) {
  if (error instanceof HelpAsked) {
    process.stdout.write(usage);
  } else {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exitCode = 2;
  }
}
