/** Fifty orders at once for the last unit, a hundred times over, with messages that overtake each other and come twice. */
import { expect, test } from 'vitest';
import { meddle, noFaults, randomFaults } from '../support/faults.ts';
import { seededRandom, seeds } from '../support/random.ts';
import { lastUnit } from './crowds.ts';
import { startProcess } from './one-process.ts';
import { endOf } from './play.ts';
import { createShop, type Shop } from './shop.ts';

const rounds = 10;
const rates = { ...noFaults, appendDelayed: 0.4, appendTwice: 0.2, delayMs: 400 };

test.each(seeds(10))('one gets it, 49 are rejected and nobody else has paid, seed %i', async (seed) => {
  const world = await startProcess({
    seed,
    wrap: (backend, clock) =>
      meddle(backend, randomFaults({ clock, random: seededRandom(seed, 'faults'), rates: () => rates })),
  });
  const winners = new Set<string>();
  for (let round = 1; round <= rounds; round++) {
    const shop = watched(createShop(world, `r${round}`));
    for (const [, run] of lastUnit.steps) await run(shop);
    expect(await endOf(lastUnit, shop)).toEqual(lastUnit.end);
    winners.add(await winnerOf(shop));
  }
  // It is not always the same one: the rounds differ.
  expect(winners.size).toBeGreaterThan(1);
  expect(world.errors).toEqual([]);
});

/** Whenever anybody looks, no more is reserved than there is. */
function watched(shop: Shop): Shop {
  return {
    ...shop,
    async get(path) {
      const item = await shop.get(shop.stock('W1', 'A'));
      expect(Number(item?.context['reserved'] ?? 0)).toBeLessThanOrEqual(1);
      return shop.get(path);
    },
  };
}

async function winnerOf(shop: Shop): Promise<string> {
  const ledger = shop.plain(await shop.ledger()).payments.authorizations;
  return ledger.at(-1)?.orderId ?? '';
}
