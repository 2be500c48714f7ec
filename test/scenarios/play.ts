/** Plays scenarios in a world, and waits for their ends. */
import { isDeepStrictEqual } from 'node:util';
import { tagOf, type Scenario } from './scenario.ts';
import { createShop, type Shop } from './shop.ts';
import type { World } from './world.ts';

/** One scenario after the other steps at once; undefined where it has no such step. */
export async function step(scenario: Scenario, shop: Shop, index: number): Promise<void> {
  const found = scenario.steps[index];
  if (found === undefined) return;
  const [name, run] = found;
  try {
    await run(shop);
  } catch (error) {
    throw new Error(`step ${index + 1}, ${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

export function shopFor(world: World, scenario: Scenario): Shop {
  return createShop(world, tagOf(scenario));
}

/** How it has ended: as it should, or as it is when the time is up. */
export async function endOf(scenario: Scenario, shop: Shop): Promise<unknown> {
  const expected = expectedEnd(scenario, shop);
  let last: unknown;
  await shop
    .until(
      async () => {
        last = await scenario.look(shop);
        return isDeepStrictEqual(last, expected) ? true : undefined;
      },
      () => 'the end',
    )
    .catch(() => undefined);
  return last;
}

/** A process that was killed may have asked the world outside once more: keys and effects are exact, calls are not. */
export function expectedEnd({ end }: Scenario, { isKilled }: World): unknown {
  const { calls, ...rest } = end as Record<string, unknown>;
  return isKilled || calls === undefined ? rest : { ...rest, calls };
}

/** All steps in a row. */
export async function playAll(scenario: Scenario, world: World): Promise<Shop> {
  const shop = shopFor(world, scenario);
  for (const index of scenario.steps.keys()) await step(scenario, shop, index);
  return shop;
}
