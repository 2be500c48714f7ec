/** Makes a failure smaller: faults and steps that it does not need are left out, as long as it stays the same. */
import { faultKinds, type FaultKind } from './faults.ts';
import { simulate, type Outcome, type SimulationGiven } from './simulate.ts';

type Failed = Outcome & { readonly violation: NonNullable<Outcome['violation']> };

export interface Shrunk {
  readonly outcome: Failed;
  readonly faults: readonly FaultKind[];
  readonly skip: ReadonlySet<number>;
  /** Simulations that it took. */
  readonly tries: number;
}

interface Candidate {
  readonly faults: readonly FaultKind[];
  readonly skip: ReadonlySet<number>;
}

/** Throws if the seed does not fail. */
export async function shrink(
  seed: number,
  { workload, ...given }: Partial<Candidate> & Pick<SimulationGiven, 'workload'> = {},
): Promise<Shrunk> {
  const common = { seed, ...(workload === undefined ? {} : { workload }) };
  let best: Candidate = { faults: given.faults ?? faultKinds, skip: given.skip ?? new Set() };
  const first = await simulate({ ...common, ...best });
  if (!hasFailed(first)) throw new Error(`seed ${seed} does not fail`);
  let outcome = first;
  let tries = 1;

  async function accept(candidate: Candidate): Promise<void> {
    tries += 1;
    const found = await simulate({ ...common, ...candidate });
    if (!hasFailed(found) || found.violation.invariant !== outcome.violation.invariant) return;
    best = candidate;
    outcome = found;
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

function hasFailed(outcome: Outcome): outcome is Failed {
  return outcome.violation !== undefined;
}
