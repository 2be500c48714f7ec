/** An actor as it was, by its journal: without timers and activities, which the journal does not keep. */
import type { Address } from '../address.ts';
import { entryIn, type JournalEntry } from '../core/entry.ts';
import { parseRecord, recordText, type ActorRecord } from '../core/record.ts';
import type { Kind } from '../core/registry.ts';
import type { Log } from '../ports.ts';

/** An accepted entry without the state after it, since that was large. */
export interface NotKept {
  /** The sequence of the nearest one before it that has the state. */
  readonly keptBefore: number | undefined;
}

/** As it was after this entry; undefined where there is no such entry, or an older chart has written it. */
export async function recordAt(
  journal: Log,
  { kind, present, at }: { kind: Kind; present: ActorRecord; at: number },
): Promise<ActorRecord | NotKept | undefined> {
  const [found] = await journal.read(present, at - 1, 1);
  if (found?.sequence !== at) return undefined;
  const entry = entryIn(found.body);
  if (entry.outcome !== 'accepted' || entry.chart !== kind.definition.version) return undefined;
  if (!hasState(entry, kind)) return { keptBefore: await keptBefore(journal, { kind, of: present, at }) };
  const past = { ...present, timers: {}, activities: {}, since: [] };
  const { version, at: updatedAt } = entry;
  return parseRecord(recordText({ ...past, version, updatedAt }, kind, JSON.stringify(entry.after)), kind);
}

function hasState(entry: JournalEntry, { definition }: Kind): boolean {
  return entry.chart === definition.version && 'after' in entry;
}

/** The state is there with each 32nd version; between them may be many entries that were refused. */
const pageMax = 50;
const pagesMax = 20;

async function keptBefore(
  journal: Log,
  { kind, of, at }: { kind: Kind; of: Address; at: number },
): Promise<number | undefined> {
  let before = at;
  for (let page = 0; page < pagesMax; page++) {
    const entries = await journal.readBack(of, before, pageMax);
    const kept = entries.find(({ body }) => hasState(entryIn(body), kind));
    const oldest = entries.at(-1);
    if (kept !== undefined || oldest === undefined) return kept?.sequence;
    before = oldest.sequence;
  }
  return undefined;
}
