/** The simulator over its first seeds; `SEED=7` runs that one alone. */
import { expect, test } from 'vitest';
import { seeds } from '../support/random.ts';
import { faultKinds } from './faults.ts';
import { simulateMany } from './many.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const only = process.env['SEED'];
const tried = seeds(1_000, 1 / 8);
const [from = 1] = tried;

test(`every invariant holds in ${tried.length} seeds from ${from} on`, async () => {
  const totals = await simulateMany({ from, seeds: tried.length });
  expect(totals.failures).toEqual([]);
  expect(totals.seeds).toBe(tried.length);
  if (only === undefined) expect(Object.keys(totals.faults).sort()).toEqual([...faultKinds].sort());
}, 400_000);

test('a seed replays step by step', async () => {
  for (const seed of [2, 3, 5]) {
    const lines: string[][] = [];
    for (let time = 0; time < 2; time++) {
      const own: string[] = [];
      await simulate({ seed, trace: (line) => own.push(line) });
      lines.push(own);
    }
    expect(lines[0]?.length).toBeGreaterThan(100);
    expect(lines[1]).toEqual(lines[0]);
  }
});

test('two seeds are two lives', async () => {
  const [one, other] = [await simulate({ seed: 11 }), await simulate({ seed: 12 })];
  expect(one.plan).not.toEqual(other.plan);
});

test('without faults all is answered, and nothing is counted as one', async () => {
  const outcome = await simulate({ seed: 4, faults: [] });
  expect(outcome).toMatchObject({ faults: {} });
  expect(outcome.violation).toBeUndefined();
});

test('what does not fail is not made smaller', async () => {
  await expect(shrink(1)).rejects.toThrow('seed 1 does not fail');
});
