/** A cluster as the doctor reads it: records from Redis, dead letters from JetStream. */
import { openLink, type Link } from '../../persistence/nats/link.ts';
import { createLog } from '../../persistence/nats/log.ts';
import { streamInfo, streamName } from '../../persistence/nats/streams.ts';
import { openConnection, type Connection } from '../../persistence/redis/connection.ts';
import { createKeys } from '../../persistence/redis/keys.ts';
import { listActors } from '../../persistence/redis/listing.ts';
import { createStore } from '../../persistence/redis/store.ts';
import { TerminalError } from '../../runtime/errors.ts';
import type { ListQuery, Log, Logger, Store } from '../../runtime/ports.ts';
import { deadLettersIn, pageMax, type DoctorSource } from './source.ts';

export interface DoctorCluster {
  readonly natsUrl: string;
  readonly redisUrl: string;
  readonly namespace: string;
}

const patienceMs = 10_000;
const commandTimeoutMs = 5_000;

/** `TerminalError` where no server answers, or nothing of this namespace is there. */
export async function openDoctorCluster(place: DoctorCluster): Promise<DoctorSource> {
  const { natsUrl, redisUrl, namespace } = place;
  const link = await inTime(
    openLink({ url: natsUrl, name: 'waybill doctor', logger }),
    'NATS does not answer (WAYBILL_NATS_URL)',
  );
  try {
    const redis = await inTime(
      openConnection({ url: redisUrl, logger, commandTimeoutMs }),
      'Redis does not answer (WAYBILL_REDIS_URL)',
    );
    return await sourceOver({ link, redis, namespace }).catch(async (error: unknown) => {
      await redis.close();
      throw error;
    });
  } catch (error) {
    await link.close();
    throw error;
  }
}

interface Servers {
  readonly link: Link;
  readonly redis: Connection;
  readonly namespace: string;
}

async function sourceOver(servers: Servers): Promise<DoctorSource> {
  const { link, redis, namespace } = servers;
  const keys = createKeys(namespace);
  const settled = await redis.send('hget', [keys.settings, 'partitions']);
  if (settled === null)
    throw new TerminalError(`Redis has nothing of namespace ${namespace} (WAYBILL_NAMESPACE)`);
  const partitions = Number(settled);
  const store = createStore(redis, { namespace, partitions });
  const dead = await deadLog(servers);
  return {
    place: `namespace ${namespace}`,
    async *pages(kind) {
      // Each partition by itself: a list over all of them would ask each for every page.
      for (let partition = 0; partition < partitions; partition++) {
        const list = (query: ListQuery) => listActors(redis, [keys.of(partition)], query);
        yield* pagesOf(kind, list, store);
      }
    },
    records: (asked) => store.records(asked),
    deadLetters: () => deadLettersIn(dead),
    async close() {
      await Promise.all([link.close(), redis.close()]);
    },
  };
}

/** Newest first: what is made meanwhile stands before the pages that are still to come. */
async function* pagesOf(kind: string, list: Store['list'], store: Store): AsyncGenerator<readonly string[]> {
  let after: ListQuery['after'];
  for (;;) {
    const found = await list({ kind, terms: [], limit: pageMax, ...(after === undefined ? {} : { after }) });
    const records = await store.records(found.map(({ key }) => key));
    yield records.filter((text) => text !== undefined);
    after = found.at(-1);
    if (after === undefined || found.length < pageMax) return;
  }
}

async function deadLog({ link, namespace }: Servers): Promise<Log> {
  const stream = streamName(namespace, 'dead');
  if ((await streamInfo(link, stream)) === undefined)
    throw new TerminalError(`NATS has no stream ${stream} (WAYBILL_NAMESPACE)`);
  const nothingIsWritten = {
    publish: () => Promise.reject(new TerminalError('a doctor only reads')),
    close: () => undefined,
  };
  return createLog(link, nothingIsWritten, { subject: `${namespace}.dead`, stream });
}

const silent = (): void => undefined;
const logger: Logger = { info: silent, warn: silent, error: silent, debug: silent };

/** Both clients wait for a server for ever: a person has less patience. */
async function inTime<Opened>(opening: Promise<Opened>, otherwise: string): Promise<Opened> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const error = new TerminalError(otherwise);
    timer = setTimeout(() => reject(error), patienceMs);
  });
  try {
    return await Promise.race([opening, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
