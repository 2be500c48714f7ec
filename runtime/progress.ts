/**
 * How far each partition is behind, seen from this node, whoever owns it: how long the oldest of its commands has
 * waited for an answer. A partition answers in the order of its mailbox, so an answer is one for all before it;
 * therefore one command a second is enough to look at.
 */
import type { Clock } from './ports.ts';

export interface Progress {
  /** A command goes to a partition, under a number that grows. True if its answer is to be heard. */
  sent(partition: number, number: number): boolean;
  answered(number: number): void;
  /** It was never stored: nothing can be told by it. */
  notStored(number: number): void;
  /** 0 where nothing is waited for, and once a second: an answer may be lost, and then the next one tells. */
  behindMs(partition: number): number;
}

interface Sample {
  readonly number: number;
  readonly at: number;
}

const everyMs = 1_000;
/** Of a partition; beyond it the oldest and the newest are kept. */
const samplesMax = 100;

export function createProgress(clock: Clock): Progress {
  const samples = new Map<number, Sample[]>();
  const partitions = new Map<number, number>();

  const of = (partition: number): Sample[] => samples.get(partition) ?? [];

  function isDue(partition: number): boolean {
    const newest = of(partition).at(-1);
    return newest === undefined || clock.now() - newest.at >= everyMs;
  }

  function keep(partition: number, kept: (sample: Sample) => boolean): void {
    for (const sample of of(partition)) if (!kept(sample)) partitions.delete(sample.number);
    const left = of(partition).filter(kept);
    if (left.length === 0) samples.delete(partition);
    else samples.set(partition, left);
  }

  return {
    sent(partition, number) {
      if (!isDue(partition)) return false;
      const second = of(partition)[1];
      if (second !== undefined && of(partition).length >= samplesMax)
        keep(partition, (each) => each !== second);
      samples.set(partition, [...of(partition), { number, at: clock.now() }]);
      partitions.set(number, partition);
      return true;
    },
    answered(number) {
      const partition = partitions.get(number);
      if (partition !== undefined) keep(partition, (each) => each.number > number);
    },
    notStored(number) {
      const partition = partitions.get(number);
      if (partition !== undefined) keep(partition, (each) => each.number !== number);
    },
    behindMs(partition) {
      const [oldest] = of(partition);
      return oldest === undefined || isDue(partition) ? 0 : clock.now() - oldest.at;
    },
  };
}
