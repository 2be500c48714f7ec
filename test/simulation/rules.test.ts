/** The simulator finds bugs: each rule that is taken out of the source is missed within its number of seeds. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { writeReport } from '../support/report.ts';
import { simulateMany } from './many.ts';
import { rules } from './rules.ts';

const found: object[] = [];
afterAll(() => {
  if (found.length === rules.length) writeReport('rules', found);
});

test.each(rules)(
  '$rule is missed: $without',
  async (rule) => {
    const { failures, seeds } = await simulateMany({
      from: 1,
      seeds: rule.seeds,
      without: rule,
      failuresMax: 1,
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

test('a failure is made smaller, and what is printed replays it', async () => {
  const smaller = await simulateWith('--seed', '5', '--without', 'channel-numbers', '--shrink');
  expect(smaller.code).toBe(1);
  const command = /npm run simulate -- (.*)/.exec(smaller.stdout)?.[1] ?? '';
  const violation = /^made smaller in \d+ runs: (step \d+: .*)$/m.exec(smaller.stdout)?.[1] ?? 'none';
  const again = await simulateWith(...command.split(' '));
  expect(again.stdout).toContain(`seed 5, ${violation}`);
  expect(again.code).toBe(1);
});

test.each([
  { given: ['--sed', '1'], told: "Unknown option '--sed'" },
  { given: ['--seed', 'one'], told: '--seed takes a whole number, not one' },
  { given: ['--seeds', '-1'], told: "'--seeds" },
  { given: ['--faults', 'crash,flood'], told: 'there is no fault named flood' },
  { given: ['--without', 'R99'], told: 'there is no rule named R99' },
  { given: ['--skip', '1-x'], told: '--skip takes a whole number, not x' },
])('$given gives usage', async ({ given, told }) => {
  const { code, stderr } = await simulateWith(...given);
  expect(stderr).toContain(told);
  expect(stderr).toContain('npm run simulate -- [options]');
  expect(code).toBe(2);
});
