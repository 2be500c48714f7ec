/** Dead letters by their cause. Causes are a handful; beyond that they are counted together. */
import { causeOf, isSettlement, type DeadEntry } from '../../runtime/reading/dead-letters.ts';
import type { DeadLetter } from '../../runtime/core/entry.ts';
import type { Finding } from './findings.ts';

const causesMax = 100;

/** One finding per cause, of those that became dead letters from `since` on, ms, and that nobody has settled. */
export async function countDeadLetters(
  read: () => AsyncIterable<DeadEntry>,
  since: number,
): Promise<{ finding: Finding; count: number }[]> {
  const causes = new Map<string, { count: number; oldest: DeadLetter }>();
  for await (const letter of openOnes(read)) {
    if (letter.at < since) continue;
    const cause = causeOf(letter);
    const name = causes.has(cause) || causes.size < causesMax ? cause : 'other causes';
    const { count, oldest } = causes.get(name) ?? { count: 0, oldest: letter };
    causes.set(name, { count: count + 1, oldest: letter.at < oldest.at ? letter : oldest });
  }
  return [...causes].map(([cause, about]) => ({ finding: findingOf(cause, about), count: about.count }));
}

async function* openOnes(read: () => AsyncIterable<DeadEntry>): AsyncGenerator<DeadLetter> {
  const settled = new Set<string>();
  for await (const entry of read()) if (isSettlement(entry)) settled.add(entry.settles);
  for await (const entry of read()) if (!isSettlement(entry) && !settled.has(entry.id)) yield entry;
}

function findingOf(cause: string, { count, oldest }: { count: number; oldest: DeadLetter }): Finding {
  const { kind, id } = oldest.to;
  return {
    check: 'dead',
    actors: [{ kind, id, version: 0 }],
    what: `${count} × ${cause}; the oldest is ${oldest.id}`,
    since: oldest.at,
  };
}
