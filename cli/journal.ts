/** One actor's journal, page by page: each entry once, in the order in which it happened. */
import type { Address } from '../runtime/address.ts';
import type { JournalEntry } from '../runtime/core/entry.ts';
import type { Log } from '../runtime/ports.ts';

/** Where journals are read from. */
export interface JournalSource {
  readonly journal: Pick<Log, 'read'>;
  /** In plain words, for the head of the file. */
  readonly place: string;
  close(): Promise<void>;
}

export interface Journaled {
  readonly sequence: number;
  readonly entry: JournalEntry;
}

const pageMax = 100;

/** Up to a sequence, so that reading again gives the same while the actor goes on. */
export async function* journalOf(
  { journal }: JournalSource,
  of: Address,
  until = Infinity,
): AsyncGenerator<Journaled> {
  yield* inOrder(firsts(pages(journal, of, until)));
}

async function* pages(journal: Pick<Log, 'read'>, of: Address, until: number): AsyncGenerator<Journaled> {
  for (let after = 0; ;) {
    const page = await journal.read(of, after, pageMax);
    for (const { sequence, body } of page) {
      if (sequence <= until) yield { sequence, entry: JSON.parse(body) as JournalEntry };
    }
    const last = page.at(-1)?.sequence;
    if (last === undefined || last >= until) return;
    after = last;
  }
}

const remembered = 10_000;

/**
 * A log may hold an entry twice, published again past the broker's window. A caller's key may come back as well
 * once it has been forgotten: that is another entry, at another time.
 */
async function* firsts(entries: AsyncIterable<Journaled>): AsyncGenerator<Journaled> {
  const seen = new Set<string>();
  for await (const journaled of entries) {
    const { id, at, version, outcome } = journaled.entry;
    const name = `${id} ${at} ${version} ${outcome}`;
    if (seen.has(name)) continue;
    seen.add(name);
    for (const first of seen) {
      if (seen.size <= remembered) break;
      seen.delete(first);
    }
    yield journaled;
  }
}

const lookedAhead = 200;

/** An entry that the log did not take at once stands behind later ones: it is looked for a little way on. */
async function* inOrder(entries: AsyncGenerator<Journaled>): AsyncGenerator<Journaled> {
  const waiting: Journaled[] = [];
  let version = 0;
  for (;;) {
    while (waiting.length < lookedAhead) {
      const next = await entries.next();
      if (next.done === true) break;
      waiting.push(next.value);
    }
    const [next] = waiting.splice(indexOfNext(waiting, version), 1);
    if (next === undefined) return;
    version = next.entry.version;
    yield next;
  }
}

function indexOfNext(waiting: readonly Journaled[], version: number): number {
  const first = waiting[0]?.entry;
  if (first === undefined || first.version <= version + (first.outcome === 'accepted' ? 1 : 0)) return 0;
  const missing = waiting.findIndex(
    ({ entry }) => entry.outcome === 'accepted' && entry.version === version + 1,
  );
  return Math.max(0, missing);
}
