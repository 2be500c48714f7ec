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

/** How far it is looked back, in entries of all actors: the state is there with each 32nd version. */
const reaches = [100, 1_000, 10_000];
const pageMax = 50;

async function keptBefore(
  journal: Log,
  { kind, of, at }: { kind: Kind; of: Address; at: number },
): Promise<number | undefined> {
  let end = at;
  for (const reach of reaches) {
    const start = Math.max(1, at - reach);
    const found = await lastKept(journal, { kind, of, start, end });
    if (found !== undefined) return found;
    end = start;
  }
  return undefined;
}

/** From `start` on, and before `end`. */
async function lastKept(
  journal: Log,
  { kind, of, start, end }: { kind: Kind; of: Address; start: number; end: number },
): Promise<number | undefined> {
  let kept: number | undefined;
  for (let after = start - 1; after < end - 1;) {
    const page = await journal.read(of, after, pageMax);
    const before = page.filter(({ sequence }) => sequence < end);
    kept = before.findLast(({ body }) => hasState(entryIn(body), kind))?.sequence ?? kept;
    after = page.length < pageMax ? end : (page.at(-1)?.sequence ?? end);
  }
  return kept;
}
