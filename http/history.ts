/** One thing that happened to an actor, as callers see it: in its history, and in streams of events. */
import { keyOf } from '../runtime/address.ts';
import { seesAll, shownTo, type ActorDefinition } from '../runtime/definition.ts';
import type { HistoryEntry } from '../runtime/reading/history.ts';
import type { Principal } from '../runtime/message.ts';
import { isoTime } from '../runtime/core/view.ts';

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
  /** `subject` only for those who may see every actor of the kind, and for oneself; so is its `cause`. */
  readonly principal: { readonly subject?: string; readonly roles: readonly string[] } | null;
  readonly source: { readonly from: string; readonly actor?: string };
  readonly time: string;
  readonly cause?: string;
  /** W3C trace context of the request that it goes back to. */
  readonly trace?: string;
  /** The operator who has sent it again after it had become a dead letter. */
  readonly redrivenBy?: string;
  /** Messages to other actors. */
  readonly sent?: readonly { readonly to: string; readonly event: string }[];
  /** How many more than these. */
  readonly sentMore?: number;
  /** The public part of the context after it. */
  readonly after?: unknown;
  /** Of a large actor it stands there now and then; else this: about how many characters it holds. */
  readonly afterSize?: number;
}

/**
 * Undefined where it does not concern this caller. Who does not see every actor of the kind learns neither who
 * its staff are, nor who has tried what they may not.
 */
export function historyItem(
  entry: HistoryEntry,
  definition: ActorDefinition,
  principal: Principal,
): HistoryItem | undefined {
  const { sequence, version, event, from, to, outcome, reason, guards, source, at } = entry;
  const isWhole = seesAll(definition, principal);
  const isVeiled = !isWhole && isOthers(entry, principal);
  if (isVeiled && reason === 'forbidden') return undefined;
  return {
    ...{ sequence, version, event: event.type, from, to, outcome },
    ...(reason === undefined ? {} : { reason }),
    ...(guards === undefined ? {} : { guards }),
    principal: whoOf(entry, isVeiled),
    source: source.from === 'actor' ? source : { from: source.from },
    time: isoTime(at),
    // A command's begins with who has sent it.
    ...(isVeiled ? {} : { cause: entry.cause }),
    ...(entry.trace === undefined ? {} : { trace: entry.trace }),
    ...(isWhole ? redriveOf(entry) : {}),
    ...sentOf(entry),
    ...afterOf(entry, definition, principal),
  };
}

function sentOf({ sent, sentMore }: HistoryEntry): Pick<HistoryItem, 'sent' | 'sentMore'> {
  return {
    ...(sent && { sent: sent.map(({ to, event: { type } }) => ({ to: keyOf(to), event: type })) }),
    ...(sentMore !== undefined && { sentMore }),
  };
}

function isOthers({ source }: HistoryEntry, { subject }: Principal): boolean {
  return source.from === 'outside' && source.subject !== subject;
}

function redriveOf({ redrivenBy }: HistoryEntry): Pick<HistoryItem, 'redrivenBy'> {
  return redrivenBy === undefined ? {} : { redrivenBy };
}

function whoOf({ source }: HistoryEntry, isVeiled: boolean): HistoryItem['principal'] {
  if (source.from !== 'outside') return null;
  const { subject, roles } = source;
  return isVeiled ? { roles } : { subject, roles };
}

/** What an older chart has written is not what the definition shows now. */
function afterOf(
  { after, afterSize, chart }: HistoryEntry,
  definition: ActorDefinition,
  principal: Principal,
): Pick<HistoryItem, 'after' | 'afterSize'> {
  if (afterSize !== undefined) return { afterSize };
  if (after === undefined || chart !== definition.version) return {};
  return { after: shownTo(principal, definition, (after as { context: unknown }).context) };
}
