/** One thing that happened to an actor, as callers see it: in its history, and in streams of events. */
import { keyOf } from '../runtime/address.ts';
import type { ActorDefinition } from '../runtime/definition.ts';
import type { HistoryEntry } from '../runtime/history.ts';
import { isoTime } from '../runtime/view.ts';

export interface HistoryItem {
  /** Of the journal: what streams resume at. */
  readonly sequence: number;
  readonly version: number;
  readonly event: string;
  /** State values; null before it was. */
  readonly from: unknown;
  readonly to: unknown;
  readonly outcome: 'accepted' | 'refused';
  readonly reason?: string;
  readonly guards?: readonly string[];
  readonly principal: { readonly subject: string; readonly roles: readonly string[] } | null;
  readonly source: { readonly from: string; readonly actor?: string };
  readonly time: string;
  readonly cause: string;
  /** The operator who has sent it again after it had become a dead letter. */
  readonly redrivenBy?: string;
  /** Messages to other actors. */
  readonly sent?: readonly { readonly to: string; readonly event: string }[];
  /** The public part of the context after it. */
  readonly after?: unknown;
}

export function historyItem(entry: HistoryEntry, definition: ActorDefinition): HistoryItem {
  const { sequence, version, event, from, to, outcome, reason, guards, source, at, cause, sent } = entry;
  return {
    ...{ sequence, version, event: event.type, from, to, outcome },
    ...(reason === undefined ? {} : { reason }),
    ...(guards === undefined ? {} : { guards }),
    principal: source.from === 'outside' ? { subject: source.subject, roles: source.roles } : null,
    source: source.from === 'actor' ? source : { from: source.from },
    ...{ time: isoTime(at), cause },
    ...(entry.redrivenBy === undefined ? {} : { redrivenBy: entry.redrivenBy }),
    ...(sent === undefined
      ? {}
      : { sent: sent.map(({ to: of, event: { type } }) => ({ to: keyOf(of), event: type })) }),
    ...afterOf(entry, definition),
  };
}

/** What an older chart has written is not what the definition shows now. */
function afterOf({ after, chart }: HistoryEntry, definition: ActorDefinition): { after?: unknown } {
  if (after === undefined || chart !== definition.version) return {};
  return { after: definition.view((after as { context: unknown }).context) };
}
