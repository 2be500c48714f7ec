/** The simulator finds bugs: each rule that is taken out of the source is missed within its number of seeds. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { isPatient } from '../support/random.ts';
import { writeReport } from '../support/report.ts';
import { simulateMany } from './many.ts';
import { optionsOf, UsageError } from './options.ts';
import { rules } from './rules.ts';

/** `npm run proof` has the time for all of them. */
const tried = isPatient ? rules : rules.filter(({ isSlow }) => isSlow !== true);

const found: object[] = [];
afterAll(() => {
  if (found.length === rules.length) writeReport('rules', found);
});

test.each(tried)(
  '$rule is missed: $without',
  async (rule) => {
    const { failures, seeds } = await simulateMany({
      from: isPatient ? 1 : (rule.from ?? 1),
      seeds: rule.seeds,
      without: rule,
      failuresMax: 1,
      // Most are missed within a few seeds: the program is loaded once for them.
      threads: 1,
    });
    const [first] = failures;
    expect(first, `${rule.name}: not found in ${seeds} seeds`).toBeDefined();
    const { name, rule: number, without } = rule;
    found.push({ name, rule: number, without, seed: first?.seed, invariant: first?.invariant });
  },
  400_000,
);

test('a change that does not fit the source is an error', async () => {
  const rule = { ...(rules[0] as (typeof rules)[number]), changes: [['not in there', '']] as const };
  await expect(simulateMany({ from: 1, seeds: 1, without: rule })).rejects.toThrow(/found 0 times/);
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As `npm run simulate` starts it. */
async function simulateWith(...args: string[]): Promise<Ended> {
  const program = new URL('run.ts', import.meta.url).pathname;
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [program, ...args])) };
  } catch (error) {
    return error as Ended;
  }
}

test.each([
  { tried: '--from 3 --seeds 3 --without channel-numbers', why: 'with the faults that it needs' },
  { tried: '--seeds 1 --workload anything --without scoped-answers', why: 'without any fault' },
])('a failure is made smaller $why, and what is printed replays it', async ({ tried }) => {
  const found = await simulateWith(...wordsOf(tried));
  const [, first] = /npm run simulate -- (.*)/.exec(found.stdout) ?? [];
  const smaller = await simulateWith(...wordsOf(first));
  expect(smaller.code).toBe(1);
  const [, second] = /npm run simulate -- (.*)/.exec(smaller.stdout) ?? [];
  const violation = /^made smaller in \d+ runs: (step \d+: .*)$/m.exec(smaller.stdout)?.[1] ?? 'none';
  const again = await simulateWith(...wordsOf(second));
  expect(again.stdout).toContain(violation);
  expect(again.code).toBe(1);
});

function wordsOf(command = ''): string[] {
  return command.split(' ').filter((word) => word !== '');
}

const bugs: readonly { bug: string; told: RegExp; change: readonly [string, string] }[] = [
  {
    bug: 'throws in a timer',
    told: /^Error: a bug/,
    change: [
      '  function wake(): void {\n',
      "  function wake(): void {\n    if (near.size > 0) throw new Error('a bug');\n",
    ],
  },
  {
    bug: 'rejects where nobody listens',
    told: /^Error: a bug/,
    change: [
      '  function wake(): void {\n',
      "  function wake(): void {\n    void Promise.reject(new Error('a bug'));\n",
    ],
  },
  {
    bug: 'wakes itself for ever at one instant',
    told: /time stands still/,
    change: ['schedule(Math.min(next, Math.max(readAt, now + 1)));', 'schedule(now);'],
  },
];

test.each(bugs)('a runtime that $bug fails with its seed', async ({ told, change }) => {
  const rule = { ...(rules[0] as (typeof rules)[number]), file: 'runtime/loop/timers.ts', changes: [change] };
  const { failures } = await simulateMany({ from: 1, seeds: 25, without: rule, failuresMax: 1, threads: 1 });
  expect(failures[0]?.message).toMatch(/error: /);
  expect(failures[0]?.message.slice('error: '.length)).toMatch(told);
  expect(failures[0]?.seed).toBeGreaterThan(0);
});

test.each([
  { given: ['--sed', '1'], told: "Unknown option '--sed'" },
  { given: ['--seed', 'one'], told: '--seed takes a whole number from 0 to 4294967295, not one' },
  { given: ['--seeds', '-1'], told: "'--seeds" },
  { given: ['--faults', 'crash,flood'], told: 'there is no fault named flood' },
  { given: ['--without', 'R99'], told: 'there is no rule named R99' },
  { given: ['--skip', '1-x'], told: '--skip' },
  { given: ['--seed', '1', '--skip', '9-5'], told: '--skip takes steps as in 3,5-9, not 9-5' },
  { given: ['--seed', '1', '--skip', '0-99999999999'], told: '--skip takes steps' },
  { given: ['--shrink'], told: '--shrink needs --seed' },
  { given: ['--seed', '1', '--seeds', '9'], told: '--seeds does not go with --seed' },
  { given: ['--seeds', '0'], told: '--seeds takes a whole number from 1' },
  { given: ['--seed', '4294967296'], told: '--seed takes a whole number' },
])('$given is not understood', ({ given, told }) => {
  expect(() => optionsOf(given)).toThrow(UsageError);
  expect(() => optionsOf(given)).toThrow(told);
});

test('what is not understood gives usage', async () => {
  const { code, stderr } = await simulateWith('--sed', '1');
  expect(stderr).toContain("Unknown option '--sed'");
  expect(stderr).toContain('npm run simulate -- [options]');
  expect(code).toBe(2);
});
