/** The commit script's commands, flat: each behind the number of its words. */
export type Batch = string[];

/** Even, for words come in pairs; far below what Lua can unpack (8,000). */
const wordsMax = 1_000;

/** `start` with all `words`, in as many commands as it takes; none if there are no words. */
export function write(batch: Batch, start: readonly string[], words: readonly string[]): void {
  for (let from = 0; from < words.length; from += wordsMax) {
    const some = words.length <= wordsMax ? words : words.slice(from, from + wordsMax);
    batch.push(String(start.length + some.length), ...start, ...some);
  }
}

/** Collects words by key. */
export function append(lists: Map<string, string[]>, key: string, words: readonly string[]): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [...words]);
  else list.push(...words);
}
