/**
 * Guards that count: breadth first they are out of reach, as records with other numbers fall together. So where
 * a transition is missing, each event is repeated again and again, always with new texts, as long as it changes
 * something.
 */
import { cover, isAtOneOf, missing } from './reached.ts';
import { isSameState, visitedBy, type Visited } from './visited.ts';
import type { Walker } from './walker.ts';

/** Records with the same states from which the same event is repeated. */
const repeatedFromMax = 8;

/** New configurations on the way are added to those to be walked on from. */
export function repeatEvents(walker: Walker): void {
  const { frontier, definition } = walker;
  const tried = new Map<string, number>();
  for (const from of [...frontier.visited]) {
    if (from.record.snapshot.status !== 'active' || !isNearMissing(walker, from)) continue;
    for (const type of Object.keys(definition.events)) {
      const name = `${JSON.stringify(from.record.snapshot.value)} ${type}`;
      const times = tried.get(name) ?? 0;
      tried.set(name, times + 1);
      if (times < repeatedFromMax) repeatOne(walker, from, type);
    }
  }
}

function isNearMissing({ reached, traced }: Walker, { record }: Visited): boolean {
  return isAtOneOf(missing(reached, traced.edges), record);
}

function repeatOne(walker: Walker, start: Visited, type: string): void {
  const { limits, attempts, frontier, reached, cut } = walker;
  const { repeatMax, turnsMax } = limits;
  let from = start;
  for (let times = 1; times <= repeatMax && attempts.count < turnsMax; times++) {
    const next = again(walker, from, { type, salt: times });
    if (next === undefined) return;
    from = next;
    if (frontier.has(next)) continue;
    from = { ...next, isFirst: true };
    cover(reached, from);
    frontier.add(from);
    if (times === repeatMax) cut.add(`${type} was repeated ${repeatMax} times, and each led further`);
  }
}

/** The first payload that is taken and changes something. */
function again(
  { attempts, traced }: Walker,
  from: Visited,
  { type, salt }: { type: string; salt: number },
): Visited | undefined {
  for (const happening of attempts.happenings(from.record, type, salt).slice(0, 8)) {
    const taken = attempts.take(from.record, happening);
    if (taken?.turn.outcome.outcome !== 'accepted' || isSameState(taken.turn.record, from.record)) continue;
    const next = visitedBy(taken, from, traced);
    return next && { ...next, isFirst: false };
  }
  return undefined;
}
