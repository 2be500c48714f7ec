/** Many clients on the same few orders, over HTTP against the real program: the checker judges all of it. */
import { afterEach, describe, expect, test } from 'vitest';
import { definitionsWith } from '../../actors/registry.ts';
import { connectNats } from '../../persistence/nats/connect.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock } from '../../persistence/system.ts';
import type { Log } from '../../runtime/ports.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { startApp, type Env } from '../support/app.ts';
import { differences } from '../support/compare.ts';
import { silent } from '../support/loggers.ts';
import { createCleanUp, openCluster, openFile, type Place } from '../support/places.ts';
import { isPatient, seeds } from '../support/random.ts';
import { moreApplied, startTraffic, together } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { judge } from './check.ts';
import { contend } from './contend.ts';
import { journalReader } from './journals.ts';
import { recordCalls } from './recorder.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const registry = createRegistry(definitionsWith());

/** The journal as it is kept, once the program has ended. */
const backends: readonly [string, () => Promise<Place>, (env: Env) => Promise<Log>][] = [
  ['embedded', openFile, openJournalFile],
  ['cluster', openCluster, connectJournal],
];

describe.each(backends)('%s', (_, open, journalOf) => {
  test.each(seeds(1))('is linearizable, also where it is killed in between, seed %i', async (seed) => {
    const place = await open();
    cleanUp.add(() => place.close());
    const app = await startApp(place.env);
    cleanUp.add(() => app.kill9());
    const recorder = recordCalls();
    const shared = { url: () => app.url, fetch: recorder.fetch };
    const contenders = startTraffic({
      ...{ ...shared, seed: 2 * seed, clients: 12 },
      work: contend({ orders: 2, commandsEach: 150 }),
    });
    // Their orders are paid, shipped and delivered: activities, webhooks and messages are judged as well.
    const others = startTraffic({ ...shared, seed: 2 * seed + 1, clients: 4 });
    cleanUp.add(() => Promise.all([contenders.abandon(), others.abandon()]));
    await Promise.all([moreApplied(contenders, 300), moreApplied(others, 40)]);
    await until(() => contenders.inFlight() > 4);
    await app.kill9();
    await app.restart();
    await Promise.all([moreApplied(contenders, 300), moreApplied(others, 40)]);
    await Promise.all([contenders.finish(), others.finish()]);
    expect(await differences(together([contenders, others]), { get: app.get })).toEqual([]);
    await app.stop();
    const journal = journalReader(await journalOf(place.env), registry);
    const { problems, verdict, operations } = await judge({ registry, calls: recorder.calls, journal });
    expect(problems.join('\n')).toBe('');
    expect(verdict).toBe('linearizable');
    expect(operations).toBeGreaterThan(isPatient ? 900 : 300);
  });
});

async function openJournalFile({ WAYBILL_DATA: file = '' }: Env): Promise<Log> {
  const backend = await openSqlite({ file, clock: systemClock, retentionMs: 3_600_000 });
  cleanUp.add(() => backend.close());
  return backend.journal;
}

async function connectJournal({ WAYBILL_NATS_URL: url = '' }: Env): Promise<Log> {
  const nats = await connectNats({ url, namespace: 'waybill', address: 'historian', logger: silent });
  cleanUp.add(() => nats.close());
  return nats.journal;
}
