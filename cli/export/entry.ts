/** A journal entry as an exported test holds it. */
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { Event } from '../../runtime/message.ts';

/** All that the journal tells, less what all entries of one actor share. */
export interface Entry extends Omit<JournalEntry, 'id' | 'kind' | 'actor' | 'trace' | 'event' | 'emitted'> {
  readonly event: Event;
  readonly emitted?: readonly Event[];
}

export function entryOf(journaled: JournalEntry): Entry {
  const { id: _id, kind: _kind, actor: _actor, trace: _trace, ...entry } = journaled;
  return entry;
}
