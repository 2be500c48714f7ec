/** The proof page says what was run, and of nothing else that it was. */
import { expect, test } from 'vitest';
import { proofPage } from './page.ts';

const versions = { node: '26.0.0' };

const made = { on: '2026-01-31', commit: 'abc1234' };

test('what was not run says so', () => {
  const page = proofPage({}, versions);
  expect(page.match(/^Not run\.$/gm)).toHaveLength(7);
  expect(page).not.toContain('at commit');
  expect(page).toContain('| node | 26.0.0 |');
});

test('figures are those of the runs, each with its date and commit', () => {
  const report = {
    ...{ from: 1, seeds: 10_000, steps: 26_000_000, ms: 86_400_000, seconds: 61.4 },
    faults: { crash: 1_234 },
    failures: [{ seed: 7, message: 'I2: twice' }],
  };
  const page = proofPage({ simulation: { made, report } }, versions);
  expect(page).toContain('Run on 2026-01-31 at commit abc1234.');
  expect(page).toContain('| 1–10000 | 26,000,000 | 1.00 | 61 | 1 |');
  expect(page).toContain('Seed 7: I2: twice');
  expect(page).toContain('| crash | 1,234 |');
  expect(page).toContain('| fallBack | 0 |');
});

test('what was cut from a walk is told', () => {
  const chart = {
    ...{ kind: 'order', configurations: 9, refusals: 4, turns: 5 },
    ...{ states: share(7, 8), transitions: share(5, 5), pairs: share(3, 4), guards: share(2, 2) },
    cut: ['depth 60'],
    excused: { 'order.lost': 'no carrier yet' },
    played: { embedded: { steps: 1_000, refusals: 4, differences: [] } },
  };
  const page = proofPage({ model: { made, report: [chart] } }, versions);
  const played = '1,000, 0 differences | not played';
  expect(page).toContain(`| order | 9 | 7 / 8 | 5 / 5 | 3 / 4 | 2 / 2 | 4 | ${played} |`);
  expect(page).toContain('Cut: order: depth 60');
  expect(page).toContain('Not reached: order, order.lost: no carrier yet');
});

function share(reached: number, all: number): [number, number] {
  return [reached, all];
}
