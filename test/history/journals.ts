/** Reads whole journals from where they are kept: with payloads, which the HTTP history does not show. */
import { addressOf } from '../../runtime/address.ts';
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { Log } from '../../runtime/ports.ts';
import type { Registry } from '../../runtime/core/registry.ts';

const pageSize = 500;

/** By actor as in the URL: `orders/o1`. An entry that was published again stands there once. */
export function journalReader(
  log: Pick<Log, 'read'>,
  registry: Registry,
): (actor: string) => Promise<JournalEntry[]> {
  const kinds = new Map([...registry.values()].map(({ definition }) => [definition.plural, definition.kind]));
  return async (actor) => {
    const [plural = '', id = ''] = actor.split('/');
    const of = addressOf(`${kinds.get(plural) ?? plural}/${id}`);
    const entries = new Map<string, JournalEntry>();
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: Awaited<ReturnType<Log['read']>> = await log.read(of, after, pageSize);
      for (const { body } of page) {
        const entry = JSON.parse(body) as JournalEntry;
        if (!entries.has(entry.id)) entries.set(entry.id, entry);
      }
      after = page.at(-1)?.sequence;
    }
    return [...entries.values()];
  };
}
