/** What is settled is written down such that another run can go on from it. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Item } from '../../cli/import/item.ts';
import { openLedger, type Ledger } from '../../cli/import/ledger.ts';
import { describeState } from '../../cli/import/progress.ts';
import { makeFolder } from '../support/places.ts';
import { reportOf } from './importing.ts';

const item = (line: number): Item => ({
  ...{ line, id: `o-${line}`, end: line * 10, text: '{"big":12345678901234567890}' },
  content: { value: {} },
});
const refused = { is: 'refused', refusal: { type: '/problems/invalid', reason: 'no' } } as const;

async function place() {
  const folder = await makeFolder();
  onTestFinished(folder.remove);
  const file = join(folder.path, 'progress');
  const report = join(folder.path, 'report');
  const open = (given: { of?: string; restart?: boolean } = {}): Ledger =>
    openLedger({ of: 'this', file, report, restart: false, ...given });
  return { file, report, open };
}

/** Two lines are settled and saved, the third is refused, but that is not saved any more. */
async function cutShort() {
  const there = await place();
  const ledger = there.open();
  ledger.take(item(1), { is: 'created' });
  ledger.take(item(2), refused);
  ledger.save();
  ledger.take(item(3), refused);
  ledger.close();
  return there;
}

test('a second run goes on behind what was saved, and tells nothing twice', async () => {
  const { open, report, file } = await cutShort();
  const ledger = open();
  expect([ledger.start, ledger.progress]).toMatchObject([
    'resumed',
    { line: 2, bytes: 20, created: 1, there: 0, refused: 1 },
  ]);
  ledger.take(item(3), refused);
  ledger.take(item(4), { is: 'there' });
  ledger.finish();
  ledger.close();
  expect((await reportOf(report)).map(({ line, id }) => [line, id])).toEqual([
    [2, 'o-2'],
    [3, 'o-3'],
  ]);
  await expect(readFile(file)).rejects.toThrow('ENOENT');
});

test('the original stands in the report digit by digit', async () => {
  const { report } = await cutShort();
  expect(await readFile(report, 'utf8')).toContain('"original":{"big":12345678901234567890}}\n');
});

test('the progress of something else is none', async () => {
  const { open, report } = await cutShort();
  const ledger = open({ of: 'that' });
  expect([ledger.start, ledger.progress.line]).toEqual(['other', 0]);
  await expect(readFile(report)).rejects.toThrow('ENOENT');
});

test('whoever wants to begins anew', async () => {
  const { open } = await cutShort();
  expect(open({ restart: true })).toMatchObject({ start: 'new', progress: { line: 0 } });
});

test('progress that cannot be read, or has lost its report, is none', async () => {
  const { open, file, report } = await cutShort();
  const saved = await readFile(file);
  await writeFile(file, saved.subarray(0, 20));
  expect(open().start).toBe('new');
  await writeFile(file, saved);
  await rm(report, { force: true });
  expect(open().start).toBe('other');
});

test('nothing is written where nothing is settled', async () => {
  const { open, file } = await place();
  open().save();
  await expect(readFile(file)).rejects.toThrow('ENOENT');
});

test('progress says how far, how fast and how long', () => {
  const begun = { at: 1_000, done: 100, total: 1_000, count: 0, refused: 0 };
  const at = (now: number, done: number) =>
    describeState({ begun, now, done, total: 1_000, count: 4_500, refused: 3 }, 'orders');
  expect(at(11_000, 550)).toBe('[#############-----------]  55 %  4,500 orders  450/s  3 refused  0:10 left');
  expect(at(11_000, 101)).toContain('2:29:50 left');
  expect(at(1_000, 100)).toContain('[##----------------------]  10 %');
});
