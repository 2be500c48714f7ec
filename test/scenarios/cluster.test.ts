/**
 * All scenarios on the real program over NATS and Redis: undisturbed, then with every message sent three times
 * and a kill between every two steps. The second one so is scenario 12.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCleanUp, openCluster, type Cluster } from '../support/places.ts';
import { scenarios } from './all.ts';
import { lastUnit } from './crowds.ts';
import { playAll } from './play.ts';
import { startProcess } from './one-process.ts';
import { playOnPrograms, type Played, type Way } from './program.ts';
import { tagOf, titleOf, type Scenario } from './scenario.ts';
import { split } from './selling.ts';
import { snapshotsOf } from './snapshots.ts';
import { sendAgain, type Repeating } from './twice.ts';

const again: readonly Scenario[] = [2, 3, 4, 5].map((time) => ({ ...lastUnit, time }));
const casesOf = (all: readonly Scenario[]) => all.map((scenario) => [titleOf(scenario), scenario] as const);
const names = ['shared', ...scenarios.map(tagOf)];
const cleanUp = createCleanUp();
let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
  cleanUp.add(cluster.close);
});
afterAll(cleanUp.run);

/** One pair of servers for all programs; each has its own names in it. */
function playOn(prefix: string, all: readonly Scenario[], kills: Pick<Way, 'killEvery'>): Promise<Played> {
  const env = (name: string) => ({ ...cluster.env, WAYBILL_NAMESPACE: `${prefix}-${name}` });
  return playOnPrograms(all, { env, ...kills });
}

describe('undisturbed', () => {
  let played: Played;
  beforeAll(async () => {
    played = await playOn('calm', [...scenarios, ...again], {});
    cleanUp.add(played.close);
  }, 600_000);

  test.each(casesOf([...scenarios, ...again]))('%s', (_title, scenario) => {
    const { is, should } = played.ending(scenario);
    expect(is).toEqual(should);
  });
});

describe('killed between every two steps, every message three times', () => {
  let played: Played;
  let repeating: Repeating;
  beforeAll(async () => {
    repeating = await sendAgain(
      cluster.nats.url,
      names.map((name) => `wild-${name}`),
    );
    played = await playOn('wild', scenarios, { killEvery: 1 });
    cleanUp.add(played.close);
    await repeating.stop();
  }, 600_000);

  test.each(casesOf(scenarios))('%s', (_title, scenario) => {
    const { is, should } = played.ending(scenario);
    expect(is).toEqual(should);
  });

  test('12 the split order: what all its actors know is what they know undisturbed', async () => {
    const calm = await playAll(split, await startProcess());
    await calm.at(calm.order(), 'active.execution.delivered', 'active.money.captured');
    const { shop } = played.ending(split);
    const warehouses = ['W1', 'W2'];
    expect(await snapshotsOf(shop, warehouses)).toEqual(await snapshotsOf(calm, warehouses));
    expect(played.kills).toBeGreaterThanOrEqual(split.steps.length);
    expect(repeating.sent()).toBeGreaterThan(2_000);
  });
});
