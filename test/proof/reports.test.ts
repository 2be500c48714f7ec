/** A run that found nothing out is told as one that failed, with the reason; what the others found stays. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Report } from '../chaos/chaos.ts';
import { tableOf, writeReports } from '../chaos/report.ts';
import { createCleanUp, makeFolder } from '../support/places.ts';
import { writeReport } from '../support/report.ts';
import { make } from './make.ts';
import { proofPage } from './page.ts';
import { readReports } from './reports.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const ended: Report = {
  ...{ seed: 7, nodes: 2, seconds: 79, outcomes: { applied: 8_000 }, faults: { disk: 2 }, skipped: {} },
  ...{ mended: [], errors: {}, unavailableMs: 900, stopped: undefined, problems: [] },
  history: { verdict: 'linearizable', actors: 9, operations: 8_100, steps: 1, seconds: 3, problems: [] },
};
const reason = 'redis-server did not start:\nBad file format | reading';
const stopped: Report = { ...ended, stopped: reason, history: undefined, problems: [reason] };

test('a chaos run that ended shows its verdict and that of its history', async () => {
  const { folder, sections } = await aFolder();
  writeReports(ended, folder);
  expect(sections()['Real faults']).toContain(
    '| 7 | 2 | 79 | 8,000 | 900 ms | nothing lost, nothing twice |',
  );
  expect(sections()['History']).toContain('| 7 | 9 | 8,100 | 3 | linearizable |');
  expect(sections()['Real faults']).not.toMatch(/Failed|mended/);
});

test('a chaos run that stopped early is not judged, and says why', async () => {
  const { folder, sections } = await aFolder();
  writeReports(stopped, folder);
  expect(sections()['Real faults']).toContain('| not judged, the run stopped early |');
  for (const name of ['Real faults', 'History']) {
    expect(sections()[name]).toContain('**Failed');
    expect(sections()[name]).toContain('\n    Bad file format | reading');
  }
  expect(tableOf(stopped)).toMatch(/history +not judged, the run stopped early\nverdict +not judged/);
});

test('what was done to a server by hand is told', async () => {
  const { folder, sections } = await aFolder();
  writeReports({ ...ended, mended: ['redis-check-aof --fix: cut'] }, folder);
  expect(sections()['Real faults']).toContain('    redis-check-aof --fix: cut');
  expect(tableOf({ ...ended, mended: ['cut'] })).toMatch(/servers mended by hand +1/);
});

test.each([
  ['that does not fit', '{ "made": { "on": "2026-01-31", "commit": "abc" }, "report": { "seed": 7 } }'],
  ['cut short', '{ "made": {'],
])('a report %s is a failure, and hides no other', async (_, text) => {
  const { folder, sections } = await aFolder();
  writeReports(ended, folder);
  writeFileSync(join(folder, 'history.json'), text);
  expect(sections()['History']).toContain('**Failed');
  expect(sections()['History']).toContain('    history.json does not fit this page');
  expect(sections()['Real faults']).toContain('nothing lost, nothing twice');
});

test('a run that dies without a report has failed, and its last report is gone', async () => {
  const { folder, sections } = await aFolder();
  writeReports(ended, folder);
  const run = { meaning: '', reports: ['history'], args: ['-e', 'process.exit(3)'] };
  expect(await make(run, folder)).toBe(false);
  expect(sections()['History']).toContain('the run ended with code 3 and left no report of this');
  expect(sections()['Real faults']).toContain('nothing lost');
});

test.each([
  [0, false],
  [1, true],
])('where Vitest ends with code %i, tests have failed: %s', async (code, hasFailed) => {
  const { folder, sections } = await aFolder();
  const counts = { numTotalTests: 5, numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, startTime: 1 };
  const file = JSON.stringify(join(folder, 'vitest.json'));
  const script = `fs.writeFileSync(${file}, ${JSON.stringify(JSON.stringify(counts))}); process.exit(${code})`;
  expect(await make({ meaning: '', reports: ['tests'], args: ['-e', script], vitest: true }, folder)).toBe(
    !hasFailed,
  );
  expect(sections()['All tests']).toContain('| 5 | 5 | 0 | 0 |');
  expect(sections()['All tests']?.includes('**Failed: Vitest ended with code 1.**')).toBe(hasFailed);
});

test('an older count of Vitest is not taken for a new one', async () => {
  const { folder, sections } = await aFolder();
  writeReport('vitest', {}, folder);
  await make({ meaning: '', reports: ['tests'], args: ['-e', 'process.exit(1)'], vitest: true }, folder);
  expect(readdirSync(folder)).toEqual(['tests.json']);
  expect(sections()['All tests']).toContain('left no report');
});

/** For reports; `sections` are those of the page that is made of them, by title. */
async function aFolder() {
  const { path, remove } = await makeFolder();
  cleanUp.add(remove);
  const folder = join(path, 'reports');
  mkdirSync(folder);
  return {
    folder,
    sections: (): Record<string, string> => {
      const parts = proofPage(readReports(folder), {}).split(/^## /m);
      return Object.fromEntries(parts.map((part) => [part.split('\n')[0] ?? '', part]));
    },
  };
}
