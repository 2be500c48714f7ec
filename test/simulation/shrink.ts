/** Makes a failure smaller: faults and steps that it does not need are left out, as long as it stays the same. */
import { faultKinds, type FaultKind } from './faults.ts';
import { simulate, type Outcome } from './simulate.ts';

export interface Shrunk {
  readonly outcome: Outcome;
  readonly faults: readonly FaultKind[];
  readonly skip: ReadonlySet<number>;
  /** Simulations that it took. */
  readonly tries: number;
}

interface Candidate {
  readonly faults: readonly FaultKind[];
  readonly skip: ReadonlySet<number>;
}

/** Undefined if the seed does not fail. */
export async function shrink(seed: number, given: Partial<Candidate> = {}): Promise<Shrunk | undefined> {
  let best: Candidate = { faults: given.faults ?? faultKinds, skip: given.skip ?? new Set() };
  let outcome = await simulate({ seed, ...best });
  let tries = 1;
  const invariant = outcome.violation?.invariant;
  if (invariant === undefined) return undefined;

  async function accept(candidate: Candidate): Promise<boolean> {
    tries += 1;
    const found = await simulate({ seed, ...candidate });
    if (found.violation?.invariant !== invariant) return false;
    best = candidate;
    outcome = found;
    return true;
  }

  for (const kind of best.faults) {
    await accept({ ...best, faults: best.faults.filter((other) => other !== kind) });
  }
  for (
    let size = Math.ceil(outcome.plan.steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    const left = outcome.plan.steps.map(({ index }) => index).filter((index) => !best.skip.has(index));
    // From the end: what comes late is needed least.
    for (let end = left.length; end > 0; end -= size) {
      const without = left.slice(Math.max(0, end - size), end);
      await accept({ ...best, skip: new Set([...best.skip, ...without]) });
    }
  }
  return { outcome, ...best, tries };
}
