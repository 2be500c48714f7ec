/** Two processes share a namespace: one takes over from the other, and one that was paused does no harm. */
import { afterEach, expect, test } from 'vitest';
import { type App, run, startApp } from '../support/app.ts';
import { differences } from '../support/compare.ts';
import { createCleanUp, openCluster, openFile } from '../support/places.ts';
import { seeds } from '../support/random.ts';
import { moreApplied, startTraffic } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const partitions = 8;
const cleanUp = createCleanUp();
afterEach(cleanUp.run);

/** Five takeovers on a machine that has other work. */
const timeout = 150_000;

test.each(seeds(1))(
  'take over from each other after a kill, a pause and a stop, seed %i',
  { timeout },
  async (seed) => {
    const place = await openCluster();
    cleanUp.add(() => place.close());
    const one = await started(place.env);
    await until(() => takenBy(one) === partitions);
    const other = await started(place.env);
    let turn = 0;
    let isPaused = false;
    const url = (): string => (isPaused || ++turn % 2 === 0 ? one : other).url;
    const traffic = startTraffic({ url, seed });
    cleanUp.add(traffic.abandon);
    await moreApplied(traffic, 100);
    expect(takenBy(other), 'the first one owns all of them').toBe(0);

    await until(() => traffic.inFlight() > 2);
    await one.kill9();
    await until(() => takenBy(other) === partitions);
    await moreApplied(traffic, 100);

    await one.restart();
    const before = takenBy(one);
    await until(() => traffic.inFlight() > 2);
    other.run.send('SIGSTOP');
    isPaused = true;
    await until(() => takenBy(one) === before + partitions, { what: () => told(one, other) });
    await moreApplied(traffic, 50);
    other.run.send('SIGCONT');
    isPaused = false;
    await until(() => lostBy(other) >= partitions);
    await moreApplied(traffic, 100);
    expect(takenBy(other), 'the paused one has taken nothing back').toBe(partitions);

    await one.kill9();
    await until(() => takenBy(other) === 2 * partitions);
    await moreApplied(traffic, 100);

    await one.restart();
    const last = takenBy(one);
    expect(await other.stop(), other.run.stderr().slice(-1_000)).toBe(0);
    await until(() => takenBy(one) === last + partitions);
    await moreApplied(traffic, 50);
    await traffic.finish();
    expect(await differences(traffic, { get: one.get })).toEqual([]);
  },
);

test('a second one on the same file does not start, and says why', async () => {
  const place = await openFile();
  cleanUp.add(() => place.close());
  const first = await started(place.env);
  const second = run(place.env);
  expect(await second.ended).toEqual({ code: 1, signal: null });
  expect(second.stderr()).toMatch(
    /^Waybill cannot start: \S+waybill\.db is in use by another Waybill process/m,
  );
  expect(second.stdout()).toBe('');
  expect(await first.isReady()).toBe(true);
});

async function started(env: Readonly<Record<string, string>>): Promise<App> {
  // Long enough that nobody loses one to other work of this machine: takeovers are counted.
  const app = await startApp({ ...env, WAYBILL_LEASE_MS: '3000' });
  cleanUp.add(() => (app.run.send('SIGCONT'), app.kill9()));
  return app;
}

/** For a takeover that did not come about. */
function told(...apps: readonly App[]): string {
  return apps.map(({ run }) => run.stderr().slice(-3_000)).join('\n---\n');
}

function takenBy(app: App): number {
  return app.lines().filter(({ msg }) => msg === 'partition taken').length;
}

function lostBy(app: App): number {
  return app.lines().filter(({ msg }) => msg.startsWith('partition lost')).length;
}
