/** Scores, and which of them are too low. */
import { expect, it, test } from 'vitest';
import type { ChartResult } from './chart-run.ts';
import type { CodeMutant, Verdict } from './code.ts';
import { reportOf, tablesOf } from './report.ts';

function code(file: string, verdicts: Partial<Record<Verdict, number>>): CodeMutant[] {
  return Object.entries(verdicts).flatMap(([verdict, count]) =>
    Array.from({ length: count }, (_, line) => ({
      ...{ file, line, mutator: 'BooleanLiteral', replacement: 'true' },
      verdict: verdict as Verdict,
    })),
  );
}

const chart = (name: string, killedBy?: string): ChartResult => ({
  ...{ file: 'machines/lamp.machine.ts', chart: 'lamp', operator: 'guard', name },
  killedBy,
});

const report = reportOf(
  [
    ...code('machines/lamp.ts', { killed: 17, survived: 3 }),
    ...code('runtime/core/turn.ts', {
      killed: 7,
      timeout: 1,
      survived: 1,
      noCoverage: 1,
      ignored: 5,
      error: 1,
    }),
  ],
  [chart('one', 'a test'), chart('two')],
);

it('counts a timeout as noticed, code that no test runs as not, and nothing that was not run', () => {
  const counts = { killed: 7, survived: 1, noCoverage: 1, timeout: 1 };
  expect(report.files['runtime/core/turn.ts']).toEqual({ ...counts, score: 80 });
  expect(report.groups).toMatchObject({
    machines: { score: 85 },
    core: { score: 80 },
    charts: { score: 50 },
  });
});

it('names the groups that are below the threshold, and what survived', () => {
  expect(report.below).toEqual(['core', 'charts']);
  expect(report.survivors.charts).toEqual(['two']);
  expect(report.survivors.code.map(({ file }) => file)).toEqual([
    ...['machines/lamp.ts', 'machines/lamp.ts', 'machines/lamp.ts'],
    ...['runtime/core/turn.ts', 'runtime/core/turn.ts'],
  ]);
});

it('has no group of which nothing was run', () => {
  expect(Object.keys(reportOf([], [chart('one', 'a test')]).groups)).toEqual(['charts']);
});

test('the tables have a line for each file, chart, operator and group', () => {
  const lines = tablesOf(report).split('\n');
  expect(lines.map((line) => line.split(/ {2,}/)[0]).filter((name) => name !== '')).toEqual(
    expect.arrayContaining([
      'code',
      'machines/lamp.ts',
      'runtime/core/turn.ts',
      'lamp',
      'survived:',
      'machines',
      'core',
    ]),
  );
  expect(lines.find((line) => line.startsWith('runtime/core/turn.ts'))).toMatch(/7 +1 +1 +1 +80\.0 %$/);
});
