/** The replay before anything is written: how it ends, and where the journal is not whole. */
import type { Address } from '../../runtime/address.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import type { Entry } from './entry.ts';
import { createReplay, lineOf } from './replay.ts';

export interface Rehearsal {
  readonly count: number;
  /** Versions. */
  readonly first: number;
  readonly last: number;
  /** Of the chart, by which entries were made. */
  readonly charts: readonly number[];
  /** `14 entries, replay matches.` */
  readonly verdict: string;
  /** In plain words, a line each; none where the journal is whole. */
  readonly notes: readonly string[];
}

export async function rehearse(
  registry: Registry,
  of: Address,
  entries: AsyncIterable<Entry>,
): Promise<Rehearsal> {
  const replay = createReplay(registry, of);
  const notes: string[] = [];
  const charts = new Set<number>();
  let difference: string | undefined;
  let skipped = 0;
  let [count, first, last] = [0, 0, 0];
  for await (const entry of entries) {
    const { how, differences } = replay.take(entry);
    if (how === 'skipped') skipped += 1;
    if (how === 'resumed') notes.push(resumedText(entry, count === 0 ? undefined : last));
    difference ??= differences.map((each) => lineOf(entry, each))[0];
    charts.add(entry.chart);
    if (count === 0) first = entry.version;
    last = entry.version;
    count += 1;
  }
  if (skipped > 0) notes.push(`Refusals that belong to what is missing, and are not compared: ${skipped}.`);
  return { count, first, last, charts: [...charts], verdict: verdictOf(count, difference), notes };
}

function resumedText({ version }: Entry, before: number | undefined): string {
  return before === undefined
    ? `The replay begins with the snapshot of version ${version}, not with the creation.`
    : `Version ${version} does not follow on version ${before}: the replay goes on from its snapshot.`;
}

function verdictOf(count: number, difference: string | undefined): string {
  const counted = `${count} ${count === 1 ? 'entry' : 'entries'}`;
  return difference === undefined
    ? `${counted}, replay matches.`
    : `${counted}, replay differs at ${difference}`;
}
