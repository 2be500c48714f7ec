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
  'share the partitions, and take over from each other after a kill, a pause and a stop, seed %i',
  { timeout },
  async (seed) => {
    const place = await openCluster();
    cleanUp.add(() => place.close());
    const one = await started(place.env);
    await owns([one, partitions]);
    let turn = 0;
    const served = [one];
    const url = (): string => (served[++turn % served.length] ?? one).url;
    const traffic = startTraffic({ url, seed });
    cleanUp.add(traffic.abandon);
    await moreApplied(traffic, 50);

    const other = await started(place.env);
    served.push(other);
    await owns([one, partitions / 2], [other, partitions / 2]);
    await moreApplied(traffic, 100);

    await until(() => traffic.inFlight() > 2);
    await one.kill9();
    await owns([other, partitions]);
    await moreApplied(traffic, 100);

    await one.restart();
    await owns([one, partitions / 2], [other, partitions / 2]);
    await until(() => traffic.inFlight() > 2);
    other.run.send('SIGSTOP');
    served.pop();
    await owns([one, partitions]);
    await moreApplied(traffic, 50);
    other.run.send('SIGCONT');
    served.push(other);
    // It has lost what it had without knowing; then it is made room for again.
    await until(() => lostBy(other) >= partitions / 2);
    await owns([one, partitions / 2], [other, partitions / 2]);
    await moreApplied(traffic, 100);

    served.pop();
    expect(await other.stop(), other.run.stderr().slice(-1_000)).toBe(0);
    await owns([one, partitions]);
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

/** Until each of them owns so many partitions. */
function owns(...expected: (readonly [app: App, partitions: number])[]): Promise<unknown> {
  const what = (): string =>
    expected
      .map(([app, count]) => `${ownedBy(app)} of ${count}: ${app.run.stderr().slice(-3_000)}`)
      .join('\n---\n');
  return until(() => expected.every(([app, count]) => ownedBy(app) === count), { what });
}

/** As the log of its present process says. */
function ownedBy(app: App): number {
  const owned = new Set<unknown>();
  for (const { pid, msg, partition } of app.lines()) {
    if (pid !== app.pid) continue;
    if (msg === 'partition taken') owned.add(partition);
    else if (msg.startsWith('partition lost') || msg.startsWith('partition given up'))
      owned.delete(partition);
  }
  return owned.size;
}

function lostBy(app: App): number {
  return app.lines().filter(({ msg }) => msg.startsWith('partition lost')).length;
}
