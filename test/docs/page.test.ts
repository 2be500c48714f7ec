/** The domain page is what the charts say, and words what they leave to code. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import { chartOf } from '../../http/chart.ts';
import { draw } from '../../http/diagram/drawing.ts';
import { domainPage, pictureFile } from '../../http/prose/page.ts';
import { durationInWords } from '../../http/prose/words.ts';
import { commandOf } from '../../runtime/definition.ts';
import { counter, probes, sleeper } from '../support/charts.ts';
import { domainFile } from './file.ts';

test('docs/domain.md is what the charts say: run npm run docs', () => {
  expect(readFileSync(domainFile, 'utf8')).toBe(domainPage(definitions));
});

test.each(definitions.map((definition) => [definition.kind, definition] as const))(
  'the picture of %s in docs/images is its chart: run npm run docs',
  async (kind, definition) => {
    const file = join(dirname(domainFile), pictureFile(definition));
    const chart = chartOf(definition.machine);
    expect(await draw({ chart, name: kind, figures: false, format: 'svg' })).toBe(readFileSync(file, 'utf8'));
  },
);

test.each(definitions.map((definition) => [definition.kind, definition] as const))(
  'every state, command and invariant of %s is on its page',
  (_, definition) => {
    const page = domainPage([definition]);
    const ids = chartOf(definition.machine).states.map(({ id }) => id);
    const commands = Object.keys(definition.commands).map(commandOf);
    for (const name of [...ids, ...commands]) expect(page).toContain(`| \`${name}\` |`);
    for (const name of Object.keys(definition.invariants ?? {})) expect(page).toContain(name.slice(1));
  },
);

test('the page of a chart is the same each time, and has no table row broken by what it says', () => {
  const page = domainPage(probes);
  expect(domainPage(probes)).toBe(page);
  const lines = page.split('\n');
  const cellsOf = (line: string): number => line.split(/(?<!\\)\|/).length;
  const broken = lines.filter((line, index) => {
    const before = lines[index - 1] ?? '';
    return line.startsWith('|') && before.startsWith('|') && cellsOf(line) !== cellsOf(before);
  });
  expect(broken).toEqual([]);
});

test('timers tell how long, and what happens then', () => {
  const page = domainPage([sleeper]);
  expect(page).toContain('| `asleep` | 1 second | → `awake` |  |');
  expect(page).toContain('| `waiting` | 500 milliseconds | → `awake` if `isReady` |  |');
  expect(page).toContain('| `napping` | a time that it works out itself | → `awake` | `nap` |');
});

test('commands tell who may, in which states, and with what', () => {
  const page = domainPage([counter]);
  expect(page).toContain('| `tell` | Makes others count | user (some of them) | `open` | to, by |');
  expect(page).toContain('| `add` | Counts on | user | `open` | by?, on? |');
  expect(page).toContain('Created with `POST /counters` by: user; fields: limit?');
  expect(page).toContain('| `counter.ping` | Says how far it is, in any state | every state |  |');
});

test.each([
  [0, 'at once'],
  [1, '1 millisecond'],
  [60_000, '1 minute'],
  [90_000, '1 minute 30 seconds'],
  [36 * 3_600_000, '1 day 12 hours'],
  [30 * 86_400_000, '30 days'],
])('%d ms are %s', (ms, words) => {
  expect(durationInWords(ms)).toBe(words);
});
