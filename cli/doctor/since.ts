/** Since when an actor has been in a state without leaving it, as its journal tells. */
import type { StateValue } from 'xstate';
import type { Address } from '../../runtime/address.ts';
import { leafPaths } from '../../runtime/chart.ts';
import { journalOf, type JournalSource } from '../journal.ts';

/** ms; undefined where the journal does not have it in the state last. Entered again is not left. */
export async function sinceIn(
  source: Pick<JournalSource, 'journal'>,
  of: Address,
  path: string,
): Promise<number | undefined> {
  let since: number | undefined;
  const whole = { ...source, place: '', close: () => Promise.resolve() };
  for await (const { entry } of journalOf(whole, of)) {
    if (entry.outcome !== 'accepted') continue;
    since = isWithin(entry.to, path) ? (since ?? entry.at) : undefined;
  }
  return since;
}

function isWithin(value: unknown, path: string): boolean {
  return leafPaths(value as StateValue).some((leaf) => leaf === path || leaf.startsWith(`${path}.`));
}
