import type { PreviewJson } from '../api.ts';

export type Difference = PreviewJson['differences'][number];

/** What comes behind the state's name: `takes order.pay now, to checkout`. */
export function differenceWords(difference: Difference): string {
  const { change, what, event = '', fields = [] } = difference;
  if (what === 'event') return eventWords(change, event);
  return what === 'state' ? stateWords(change, fields) : transitionWords(difference);
}

function transitionWords({
  change,
  event = '',
  guard,
  target,
  targetBefore,
  fields = [],
}: Difference): string {
  const taken = guard === undefined ? event : `${event} [${guard}]`;
  if (change === 'added') return `takes ${taken} now, ${wayWords(target)}`;
  if (change === 'removed') return `no longer takes ${taken}, ${wayWords(target)}`;
  const parts = [
    ...(targetBefore === undefined ? [] : [`was ${wayWords(targetBefore)}, and is ${wayWords(target)}`]),
    ...(fields.length === 0 ? [] : [`has other ${fields.join(', ')}`]),
  ];
  return `${taken} ${parts.join(', and ')}`;
}

function wayWords(target: readonly string[] = []): string {
  return target.length === 0 ? 'staying there' : `to ${target.join(' and ')}`;
}

function eventWords(change: Difference['change'], event: string): string {
  if (change === 'added') return `event ${event} is new`;
  return change === 'removed' ? `event ${event} is gone` : `event ${event} carries something else`;
}

function stateWords(change: Difference['change'], fields: readonly string[]): string {
  if (change === 'added') return 'is new';
  return change === 'removed' ? 'is gone' : `has another ${fields.join(', ')}`;
}
