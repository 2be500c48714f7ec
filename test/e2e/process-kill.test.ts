/** kill -9 of the real process in the middle of traffic: nothing answered is lost, nothing is done twice. */
import { afterEach, describe, expect, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { differences } from '../support/compare.ts';
import { createCleanUp, places } from '../support/places.ts';
import { isPatient, seededRandom, seeds } from '../support/random.ts';
import { moreApplied, startTraffic, type Traffic } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const cleanUp = createCleanUp();
const rounds = isPatient ? 4 : 2;
afterEach(cleanUp.run);

describe.each(places)('%s', (_, open) => {
  test.each(seeds(1))('killed again and again in the middle of traffic, seed %i', async (seed) => {
    const random = seededRandom(seed);
    const place = await open();
    cleanUp.add(() => place.close());
    const app = await startApp(place.env);
    cleanUp.add(() => app.kill9());
    const traffic = startTraffic({ url: () => app.url, seed });
    cleanUp.add(traffic.abandon);
    for (let round = 1; round <= rounds; round++) {
      await moreApplied(traffic, 50 + random.below(150));
      await killInFlight(app, traffic);
      await app.restart();
    }
    await moreApplied(traffic, 100);
    await traffic.finish();
    expect(await differences(traffic, { get: app.get })).toEqual([]);
    expect(traffic.counts.delivered).toBeGreaterThan(isPatient ? 20 : 5);
  });
});

/** With requests under way, of which some must lose their answer. */
async function killInFlight(app: App, traffic: Traffic): Promise<void> {
  const { lost } = traffic.counts;
  await until(() => traffic.inFlight() > 2);
  await app.kill9();
  await until(() => traffic.counts.lost > lost);
}
