/** What the load script answers, as the runtime reads it. */
import type { PartitionState } from '../../runtime/ports.ts';
import { parseActivity, parseCharts, parseHeld, parseOutboxMember, parsePublications } from './frames.ts';

/** Hashes as field, value, field, value…; the outbox in order. */
export type Loaded = [
  meta: string[],
  sent: string[],
  received: string[],
  outbox: string[],
  held: string[],
  activities: string[],
  publications: string[],
];

export function decodeState(loaded: Loaded): PartitionState {
  const [metaWords, sent, received, outbox, held, activities, publications] = loaded;
  const meta = new Map(pairs(metaWords, (field, value) => [field, value]));
  const id = meta.get('id');
  const indexed = meta.get('indexed');
  const position = id !== undefined && {
    position: { sequence: Number(meta.get('sequence')), time: Number(meta.get('time')), id },
  };
  return {
    commits: Number(meta.get('commits') ?? 0),
    ...position,
    highWater: Number(meta.get('highWater') ?? 0),
    charts: parseCharts(meta),
    ...(indexed === undefined ? {} : { indexed }),
    sent: counters(sent),
    received: counters(received),
    outbox: outbox.map(parseOutboxMember),
    held: pairs(held, parseHeld).sort((a, b) => a.channel - b.channel || a.number - b.number),
    activities: pairs(activities, parseActivity),
    publications: pairs(publications, (commit, frame) => ({
      commit: Number(commit),
      entries: parsePublications(frame),
    })).sort((a, b) => a.commit - b.commit),
  };
}

/** Calls `make` with every two words. */
export function pairs<T>(words: readonly string[], make: (first: string, second: string) => T): T[] {
  const made: T[] = [];
  for (let at = 0; at < words.length; at += 2) made.push(make(words[at] ?? '', words[at + 1] ?? ''));
  return made;
}

function counters(words: readonly string[]): Record<number, number> {
  return Object.fromEntries(pairs(words, (partition, number) => [Number(partition), Number(number)]));
}
