/** What the owner of a partition begins with: the state that it has loaded, and no actors. */
import type { PartitionState } from '../ports.ts';
import type { Memory } from './draft.ts';

export function memoryOf({ commits, position, highWater, ...state }: PartitionState): Memory {
  return {
    commits,
    position,
    highWater,
    charts: new Map(Object.entries(state.charts)),
    sent: numbers(state.sent),
    received: numbers(state.received),
    held: new Map(state.held.map((held) => [`${held.channel}:${held.number}`, held])),
    actors: new Map(),
  };
}

/** Of a partition in which nothing has happened yet. */
export const unloaded: PartitionState = {
  commits: 0,
  highWater: 0,
  charts: {},
  sent: {},
  received: {},
  outbox: [],
  held: [],
  activities: [],
  publications: [],
};

function numbers(of: Readonly<Record<number, number>>): Map<number, number> {
  return new Map(Object.entries(of).map(([channel, number]) => [Number(channel), number]));
}
