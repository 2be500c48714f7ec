/** What clients did to one actor and what they were told, and what the actor was told by others. */
import type { StateValue } from 'xstate';
import type { Principal } from '../../runtime/message.ts';
import type { View } from '../../runtime/core/view.ts';
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { RefusalReason } from '../../runtime/core/outcome.ts';
import type { Timed } from './linearize.ts';

/** What of a view does not depend on a clock. */
export type Seen = Pick<View, 'version'> &
  Partial<Pick<View, 'status' | 'state' | 'context' | 'can' | 'tags'>>;

export type Result =
  /** Without a view where the whole answer was not kept. */
  | { readonly outcome: 'accepted'; readonly version?: number; readonly view?: Seen }
  | {
      readonly outcome: 'refused';
      readonly reason: RefusalReason;
      readonly state?: StateValue;
      readonly version?: number;
      readonly allowed?: readonly string[];
      readonly guard?: string;
    }
  /** Undefined: there was no such actor. */
  | { readonly outcome: 'read'; readonly view: Seen | undefined }
  /** It is stored and will run: accepted or refused. */
  | { readonly outcome: 'promised' }
  | { readonly outcome: 'unknown' };

export interface ClientOperation extends Timed {
  readonly by: 'client';
  readonly principal: Principal;
  /** `orders/o1` */
  readonly actor: string;
  /** As in the URL; `create` for what makes the actor, `read` for its view. */
  readonly command: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Its own, or the one that it was told to ask again with. */
  readonly key?: string;
  readonly ifMatch?: number;
  readonly result: Result;
}

/** No client sent it: a message of another actor, a webhook, a timer, an activity's result; as the journal tells it. */
export interface InternalOperation extends Timed {
  readonly by: 'system';
  readonly actor: string;
  readonly entry: JournalEntry;
}

export type Operation = ClientOperation | InternalOperation;

/** In one line, for a report. */
export function describe(operation: Operation): string {
  if (operation.by === 'system') return `${operation.entry.event.type} (version ${operation.entry.version})`;
  const { command, principal, invoked, returned, result } = operation;
  const when = `${invoked}–${returned === Infinity ? '…' : returned}`;
  return `${command} by ${principal.subject} [${when}] → ${describeResult(result)}`;
}

function describeResult(result: Result): string {
  switch (result.outcome) {
    case 'accepted':
      return `accepted, version ${result.version ?? 'not told'}`;
    case 'refused':
      return `refused: ${result.reason} in ${JSON.stringify(result.state)}`;
    case 'read':
      return result.view === undefined ? 'absent' : `version ${result.view.version}`;
    case 'promised':
    case 'unknown':
      return result.outcome;
  }
}
