/** A gap in the append-only file of Redis, as a full disk leaves one, and what the harness does about it. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { createCleanUp } from '../support/places.ts';
import { startRedisForFullDisk, whyNoFullDisk } from './disk.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const first = 'appendonly.aof.1.incr.aof';
const second = 'appendonly.aof.2.incr.aof';
const gap = '\0';

const why = await whyNoFullDisk();
if (why !== undefined) process.stdout.write(`Not tried, since ${why}: test/chaos/disk.test.ts\n`);

test.skipIf(why)('Redis starts again up to a gap in its file, and tells what it cost', async () => {
  const { mended, write, keysAfterRestart } = await redisWithOneKey();
  write(first, `${gap}${command('behind')}`);
  expect(await keysAfterRestart()).toEqual(['before']);
  expect(mended).toEqual([
    expect.stringMatching(/^Redis does not start .* redis-check-aof --fix: This will shrink/),
  ]);
});

test.skipIf(why)('nothing of a later file is kept behind a gap', async () => {
  const { mended, write, keysAfterRestart } = await redisWithOneKey();
  write(first, `${gap}${command('behind')}`);
  write(second, command('later'));
  write('appendonly.aof.manifest', `file ${second} seq 2 type i\n`);
  expect(await keysAfterRestart()).toEqual(['before']);
  expect(mended).toEqual([expect.stringContaining(`Out of the manifest: file ${second} seq 2 type i.`)]);
});

test.skipIf(why)('a file that Redis starts from is left alone', async () => {
  const { mended, write, keysAfterRestart } = await redisWithOneKey();
  write(first, command('more'));
  expect(await keysAfterRestart()).toEqual(['before', 'more']);
  expect(mended).toEqual([]);
});

/** Killed; what is written to its files then is there when it starts again. */
async function redisWithOneKey() {
  const mended: string[] = [];
  const redis = await startRedisForFullDisk((what) => mended.push(what));
  cleanUp.add(() => redis.stop());
  await withClient(redis.url, (client) => client.set('before', '1'));
  await redis.kill9();
  return {
    mended,
    write: (file: string, text: string) => appendFileSync(join(redis.dataDir, 'appendonlydir', file), text),
    keysAfterRestart: async () => {
      await redis.restart();
      return withClient(redis.url, async (client) => (await client.keys('*')).toSorted());
    },
  };
}

async function withClient<Result>(url: string, use: (client: Redis) => Promise<Result>): Promise<Result> {
  const client = new Redis(url);
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

/** As the file has it. */
function command(key: string): string {
  return ['*3', '$3', 'SET', `$${key.length}`, key, '$1', '1', ''].join('\r\n');
}
