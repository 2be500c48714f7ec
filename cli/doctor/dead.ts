/** Dead letters by their cause. Causes are a handful; beyond that they are counted together. */
import { keyOf } from '../../runtime/address.ts';
import type { DeadLetter } from '../../runtime/entry.ts';
import type { Finding } from './findings.ts';

const causesMax = 100;

/** One finding per cause, of those that became dead letters from `since` on, ms. */
export async function countDeadLetters(
  letters: AsyncIterable<DeadLetter>,
  since: number,
): Promise<{ finding: Finding; count: number }[]> {
  const causes = new Map<string, { count: number; oldest: DeadLetter }>();
  for await (const letter of letters) {
    if (letter.at < since) continue;
    const cause = causeOf(letter);
    const name = causes.has(cause) || causes.size < causesMax ? cause : 'other causes';
    const { count, oldest } = causes.get(name) ?? { count: 0, oldest: letter };
    causes.set(name, { count: count + 1, oldest: letter.at < oldest.at ? letter : oldest });
  }
  return [...causes].map(([cause, about]) => ({ finding: findingOf(cause, about), count: about.count }));
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

/** The same for every actor. */
function causeOf({ cause, to }: DeadLetter): string {
  return cause.replaceAll(keyOf(to), to.kind).slice(0, 300);
}
