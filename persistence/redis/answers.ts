/**
 * Where an answer is kept (R6). There are millions of made ids, so they lie in buckets by the time at which
 * they were made, and forgetting them is dropping whole keys. The id itself says when, so a lookup asks
 * exactly one bucket. A made id that does not say so is kept like a client's key, but apart.
 *
 * A bucket is dropped by the latest *mailbox* time in it, not by its own: a command may have been long on
 * its way.
 */
import { madeAtOf } from '../../runtime/core/made-id.ts';
import type { AnswerId, Commit } from '../../runtime/ports.ts';
import { append, write, type Batch } from './batch.ts';
import type { Connection } from './connection.ts';
import type { PartitionKeys } from './keys.ts';
import { forget } from './scripts.ts';

export type Forget = NonNullable<Commit['forget']>;

const bucketMs = 30_000;
function bucketOf(id: string): string | undefined {
  const time = madeAtOf(id);
  return time === undefined ? undefined : String(Math.floor(time / bucketMs));
}

/** The hash that an answer is in. */
export function answersKey(keys: PartitionKeys, { id, kept }: AnswerId): string {
  if (kept) return keys.kept;
  const bucket = bucketOf(id);
  return bucket === undefined ? keys.loose : keys.made + bucket;
}

/** As few commands as there are keys to write to. */
export function writeAnswers(batch: Batch, keys: PartitionKeys, answers: Commit['answers']): void {
  const hashes = new Map<string, string[]>();
  const times = new Map<string, string[]>();
  const latest = new Map<string, number>();
  for (const answer of answers) {
    const { id, kept, time, body } = answer;
    const key = answersKey(keys, answer);
    append(hashes, key, [id, body]);
    if (kept) append(times, keys.keptTimes, [String(time), id]);
    else if (key === keys.loose) append(times, keys.looseTimes, [String(time), id]);
    else latest.set(key, Math.max(latest.get(key) ?? 0, time));
  }
  for (const [key, words] of hashes) write(batch, ['HSET', key], words);
  for (const [key, words] of times) write(batch, ['ZADD', key], words);
  for (const [key, time] of latest) {
    write(batch, ['ZADD', keys.buckets, 'GT'], [String(time), key.slice(keys.made.length)]);
  }
}

/**
 * After the commit that allows it, share by share, so that neither the commit nor the server waits for it.
 * What is left undone by a failure is done after the next commit that forgets; the bounds are mailbox times of
 * the past, so it takes no lease to do it late. Never rejects.
 */
export async function forgetAnswers(
  connection: Connection,
  keys: PartitionKeys,
  bounds: Forget,
): Promise<void> {
  const { keptTimes, kept, looseTimes, loose, buckets, made } = keys;
  const from = ['5', keptTimes, kept, looseTimes, loose, buckets];
  const words = [...from, String(bounds.keptBefore), String(bounds.madeBefore), made];
  try {
    while ((await connection.run(forget, words)) === 1);
  } catch {
    // An answer that is kept too long does no harm, and the connection reports its failures itself.
  }
}
