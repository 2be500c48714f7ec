/** JetStream comes back with an older store: said loudly, nothing is done twice, and it goes on (R7). */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { differences } from '../support/compare.ts';
import { createCleanUp, makeFolder, openCluster } from '../support/places.ts';
import { seeds } from '../support/random.ts';
import { moreApplied, startTraffic } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const losses = [
  { lost: 'everything', folder: 'jetstream' },
  { lost: 'the mailbox only', folder: 'jetstream/$G/streams/waybill-mailbox' },
];

test.each(seeds(1).flatMap((seed) => losses.map((loss) => ({ ...loss, seed }))))(
  'goes on after the loss of the tail of $lost, seed $seed',
  async ({ lost, folder, seed }) => {
    const { nats, env, close } = await openCluster();
    cleanUp.add(close);
    const app = await startApp(env);
    cleanUp.add(() => app.kill9());
    const traffic = startTraffic({ url: () => app.url, seed });
    cleanUp.add(traffic.abandon);
    await moreApplied(traffic, 150);
    const copy = await makeFolder();
    cleanUp.add(copy.remove);
    const store = join(nats.dataDir, folder);
    await copyOf(nats.pid, store, copy.path);
    await moreApplied(traffic, 300);

    await until(() => traffic.inFlight() > 2);
    await nats.kill9();
    await rm(store, { recursive: true });
    await cp(copy.path, store, { recursive: true });
    await nats.restart();
    await until(() => app.isReady());
    await until(() => lossesTold(app) > 0);
    await moreApplied(traffic, 150);
    await traffic.finish();
    const historyIsShort = lost === 'everything';
    expect(await differences(traffic, { get: app.get, historyIsShort })).toEqual([]);
  },
);

/** The server stands still meanwhile: what is copied was all there at one time. */
async function copyOf(pid: number, store: string, copy: string): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  try {
    await cp(store, copy, { recursive: true });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

function lossesTold(app: App): number {
  return app.lines().filter(({ level, msg }) => level >= 50 && msg.includes('lost its tail')).length;
}
