/** Lets faults happen, one or two at a time, by a schedule that the seed replays. */
import { setTimeout as delay } from 'node:timers/promises';
import type { SeededRandom } from '../support/random.ts';
import { makeFault, type Fault, type FaultKind } from './faults.ts';
import type { System } from './system.ts';

export interface Nemesis {
  readonly system: System;
  readonly random: SeededRandom;
  readonly kinds: readonly FaultKind[];
  /** Each line of the schedule, as it happens. */
  readonly say: (line: string) => void;
  readonly began: (fault: Fault) => void;
  /** Resolves when all is well again and clients get on; rejects if they do not. */
  readonly recovered: () => Promise<void>;
  /** Asked before each round; every kind has its turn once all the same. */
  readonly isOver: () => boolean;
}

/** Resolves when all faults are over and all is well. */
export async function unleash(nemesis: Nemesis): Promise<void> {
  const { system, random, kinds, recovered, isOver } = nemesis;
  let waiting: FaultKind[] = [];
  for (let round = 0; round < kinds.length || !isOver(); round++) {
    if (waiting.length === 0) waiting = shuffled(kinds, random);
    const kind = waiting.pop();
    if (kind === undefined) break;
    const faults = [makeFault(kind, system, random)];
    const other = makeFault(random.pick(kinds), system, random);
    if (random.chance(0.3) && faults.every(({ target }) => target !== other.target)) faults.push(other);
    const ends = await Promise.allSettled(faults.map((fault) => happen(fault, random.below(800), nemesis)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    // At times the next one comes before all have recovered.
    if (random.chance(0.75)) await recovered();
  }
  await recovered();
}

async function happen(fault: Fault, startMs: number, { say, began }: Nemesis): Promise<void> {
  const { kind, target, how, holdMs } = fault;
  await delay(startMs);
  began(fault);
  say(`${kind} ${target}: ${how}, for ${holdMs} ms`);
  await fault.begin();
  try {
    await delay(holdMs);
  } finally {
    await fault.end();
  }
}

function shuffled<Item>(items: readonly Item[], random: SeededRandom): Item[] {
  return items
    .map((item) => ({ item, rank: random.next() }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}
