/** What a batch needs of the store before its messages can be handled. */
import type { Fetched } from '../core/fold.ts';
import type { wanted } from '../core/incoming.ts';
import type { Store } from '../ports.ts';

/** One round trip, or none. */
export async function fetchFrom(
  store: Store,
  partition: number,
  { keys, answers }: ReturnType<typeof wanted>,
): Promise<Fetched> {
  const fetched = { records: new Map<string, string>(), answers: new Map<string, string>() };
  if (keys.length === 0 && answers.length === 0) return fetched;
  const found = await store.fetch(partition, keys, answers);
  for (const [index, key] of keys.entries()) {
    const text = found.records[index];
    if (text !== undefined) fetched.records.set(key, text);
  }
  for (const [index, { id }] of answers.entries()) {
    const text = found.answers[index];
    if (text !== undefined) fetched.answers.set(id, text);
  }
  return fetched;
}
