/** The proof page says what was run, and of nothing else that it was. */
import { expect, test } from 'vitest';
import { proofPage } from './page.ts';

const versions = { node: '26.0.0' };

test('what was not run says so', () => {
  const page = proofPage({}, versions);
  expect(page.match(/^Not run\.$/gm)).toHaveLength(8);
  expect(page).toContain('| node | 26.0.0 |');
});

test('each run says when it was made, and how it ended', () => {
  const runs = {
    tests: { on: '2026-01-31', commit: 'abc1234', good: true },
    chaos: { on: '2026-02-01', commit: 'def5678, with changes', good: false },
  };
  const page = proofPage({ runs }, versions);
  expect(page).toContain('| tests | 2026-01-31 | abc1234 | good |');
  expect(page).toContain('| chaos | 2026-02-01 | def5678, with changes | failed |');
});

test('figures are those of the runs', () => {
  const simulation = {
    ...{ from: 1, seeds: 10_000, steps: 26_000_000, ms: 86_400_000, seconds: 61.4 },
    faults: { crash: 1_234 },
    failures: [{ seed: 7, message: 'I2: twice' }],
  };
  const page = proofPage({ simulation }, versions);
  expect(page).toContain('| 1–10000 | 26,000,000 | 1.00 | 61 | 1 |');
  expect(page).toContain('Seed 7: I2: twice');
  expect(page).toContain('| crash | 1,234 |');
  expect(page).toContain('| fallBack | 0 |');
});

test('what was cut from a walk is told', () => {
  const chart = {
    ...{ kind: 'order', configurations: 9, pairs: 3, refusals: 4, turns: 5 },
    ...({ states: [7, 8], transitions: [5, 5], guards: [2, 2] } as const),
    cut: ['depth 60'],
    excused: { 'order.lost': 'no carrier yet' },
    played: { embedded: { steps: 1_000, refusals: 4, differences: [] } },
  };
  const page = proofPage(
    { model: [{ ...chart, states: [7, 8], transitions: [5, 5], guards: [2, 2] }] },
    versions,
  );
  expect(page).toContain(
    '| order | 9 | 7 / 8 | 5 / 5 | 3 | 2 / 2 | 4 | 1,000, 0 differences | 0, 0 differences |',
  );
  expect(page).toContain('Cut: order: depth 60');
  expect(page).toContain('Not reached: order, order.lost: no carrier yet');
});
