/** Shops by the thousand, each in an order of its own; all invariants after every step, and at rest. */
import { expect, test } from 'vitest';
import { seedOf, seeds } from '../support/random.ts';
import { runMany } from './many.ts';
import { runShop } from './shop.ts';

const only = process.env['SEED'];
const count = seeds(600).length;

/** How long it takes is nothing to test: the machine may have other things to do. */
const timeoutMs = 300_000;

/** `SEED=7` replays one run and prints what happened, step by step. */
if (only === undefined) test(`${count} shops keep every invariant`, keepsAll, timeoutMs);
else test('the shop of SEED keeps every invariant', () => keepsOne(seedOf(only)));

async function keepsAll(): Promise<void> {
  const { failures, ends, ...run } = await runMany({ from: 1, seeds: count, failuresMax: 1 });
  expect(failures.map(({ seed, faults }) => `SEED=${seed}: ${faults.join('; ')}`)).toEqual([]);
  expect(run.seeds).toBe(count);
  // Each way to end is met often, but for the one where every parcel is lost.
  for (const end of ['completed', 'cancelled', 'rejected', 'expired'])
    expect(ends[end]).toBeGreaterThan(count / 60);
  expect(['completed', 'cancelled', 'rejected', 'expired', 'refunded']).toEqual(
    expect.arrayContaining(Object.keys(ends)),
  );
}

function keepsOne(seed: number): void {
  const lines: string[] = [];
  const { faults } = runShop(seed, (line) => lines.push(line));
  expect(faults, lines.join('\n')).toEqual([]);
}

test('a seed replays its run', () => {
  const [one, other] = [0, 1].map(() => {
    const lines: string[] = [];
    runShop(3, (line) => lines.push(line));
    return lines;
  });
  expect(one).toEqual(other);
  expect(one?.length).toBeGreaterThan(20);
});
