/**
 * Messages to actors of the own kind. The walk gives an actor one thing at a time, chosen by itself, so what a
 * chart sends to itself cannot be played: the stage delivers it, and the walk knows nothing of it. What it sends
 * to others of its kind arrives, but nobody keeps a record of what they should have heard.
 */
import { keyOf } from '../../runtime/address.ts';
import type { Effects } from '../../runtime/core/effects.ts';
import type { Taken } from './visited.ts';

export interface OwnKind {
  /** What is wrong with the chart, in words. */
  readonly problems: readonly string[];
  /** What is not compared, in words. */
  readonly notCompared: readonly string[];
}

export function ownKindOf({ happening, turn, trace }: Taken): OwnKind {
  const { to: self } = happening.message;
  const own = turn.effects.messages.filter(({ to }) => to.kind === self.kind);
  const by = trace.taken.length === 0 ? `event ${happening.name}` : `transition ${trace.taken.join(', ')}`;
  const typesOf = (messages: Effects['messages']): string[] => [
    ...new Set(messages.map(({ event }) => event.type)),
  ];
  const key = keyOf(self);
  return {
    problems: typesOf(own.filter(({ to }) => keyOf(to) === key)).map(
      (type) =>
        `${by} sends ${type} to itself, which cannot be played: the stage delivers it, and the walk does not; raise it instead, or test it by hand`,
    ),
    notCompared: typesOf(own.filter(({ to }) => keyOf(to) !== key)).map(
      (type) => `${by} sends ${type} to others of its own kind: what they hear is not compared`,
    ),
  };
}

/** True if one of these messages comes back to the actor with this key. */
export function comesBack(messages: Effects['messages'], key: string): boolean {
  return messages.some(({ to }) => keyOf(to) === key);
}
