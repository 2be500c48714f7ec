/** Where a walk has been: an actor as it is there, with the step that led to it from the place before. */
import type { Effects } from '../../runtime/core/effects.ts';
import type { RefusalReason } from '../../runtime/core/outcome.ts';
import { snapshotText, type ActorRecord } from '../../runtime/core/record.ts';
import type { Turn } from '../../runtime/core/turn.ts';
import { keyOf } from './abstraction.ts';
import type { Happening } from './events.ts';
import { comesBack } from './messages.ts';
import type { Trace, Traced } from './traced.ts';

/** An actor that has come this far. */
export interface Visited {
  readonly record: ActorRecord;
  /** The same for all that are in the same configuration. */
  readonly key: string;
  readonly depth: number;
  readonly before: Visited | undefined;
  readonly move: Move;
  /** False once a message to itself was sent on the way: what a play would find from there on is its own. */
  readonly isPlayable: boolean;
  /** True for the first one of its configuration. */
  readonly isFirst: boolean;
  /** One for each event and reason. Filled when it is walked on from. */
  readonly refusals: Refused[];
}

/** What was accepted on the way; or refused, where a timer or an activity is spent by it all the same. */
export interface Move {
  readonly happening: Happening;
  readonly refused: RefusalReason | undefined;
  readonly messages: Effects['messages'];
  readonly trace: Trace;
}

export interface Refused {
  readonly happening: Happening;
  readonly reason: RefusalReason;
}

/** A happening that an actor was given, and what came of it. */
export interface Taken {
  readonly happening: Happening;
  readonly turn: Turn;
  readonly trace: Trace;
}

/** Where it led; undefined: the actor did not come into being. */
export function visitedBy(
  { happening, turn, trace }: Taken,
  before: Visited | undefined,
  traced: Traced,
): Visited | undefined {
  const { record, effects, outcome } = turn;
  if (record === undefined) return undefined;
  const refused = outcome.outcome === 'refused' ? outcome.reason : undefined;
  return {
    record,
    key: keyOf(record, traced),
    depth: (before?.depth ?? 0) + 1,
    before,
    move: {
      happening,
      refused,
      messages: effects.messages,
      trace: refused === undefined ? trace : nothingSeen,
    },
    isPlayable: before?.isPlayable !== false && !comesBack(effects.messages, record.key),
    isFirst: true,
    refusals: [],
  };
}

const nothingSeen: Trace = { entered: [], taken: [], asked: [] };

/** Of transitions taken one after the other, in one step or from one step to the next. */
export function pairsOf(before: Visited | undefined, { taken }: Trace): string[] {
  const last = before?.move.trace.taken.at(-1);
  const all = last === undefined ? taken : [last, ...taken];
  return all.slice(1).map((id, index) => `${all[index] ?? ''} then ${id}`);
}

/** From the beginning to here. */
export function wayTo(visited: Visited): Visited[] {
  const way: Visited[] = [];
  for (let at: Visited | undefined = visited; at !== undefined; at = at.before) way.unshift(at);
  return way;
}

export function isSameState(one: ActorRecord | undefined, other: ActorRecord | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && textOf(one) === textOf(other));
}

function textOf({ snapshot }: ActorRecord): string {
  return snapshotText(snapshot);
}
