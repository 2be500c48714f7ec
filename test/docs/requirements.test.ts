/** The page that maps each failure of the list to what answers it: complete, and true. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const page = readFileSync(join(docs, 'requirements.md'), 'utf8');
const links = [...page.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, text = '', path = '']) => ({
  text,
  path,
}));

const numbers = { ORD: 3, WH: 3, PAY: 2, SHIP: 2, FUL: 3 };
const items = [
  ...Object.entries(numbers).flatMap(([area, count]) => counted(`${area}-P0`, count)),
  ...[...counted('INT-P1', 3), ...counted('DAT-P1', 2), ...counted('PERF-P1', 2), ...counted('SEC-P1', 2)],
  ...[...counted('OBS-P2', 2), ...counted('CODE-P2', 2)],
];

function counted(area: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${area}-0${index + 1}`);
}

it('has one row for each of the 26 items', () => {
  const rows = [...page.matchAll(/^\| ([A-Z]+-P\d-\d\d) \|/gm)].map(([, item]) => item);
  expect(rows).toEqual(items);
});

it.each(links)('$path is there, and has $text', ({ text, path }) => {
  const file = join(docs, path);
  expect(existsSync(file)).toBe(true);
  // A title in backticks is a test's; a path in backticks is the whole file.
  const title = /^`(.+)`$/.exec(text)?.[1];
  if (title !== undefined && !title.startsWith('test/')) expect(readFileSync(file, 'utf8')).toContain(title);
});
