/** Judges what clients did and were told, actor by actor: against the chart, and against the journal. */
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import { chartModel, type ActorState } from './chart-model.ts';
import { compareJournal } from './journal.ts';
import { linearize, type Stuck } from './linearize.ts';
import { describe, type Operation } from './operation.ts';
import { operationsOf, withInternals } from './operations.ts';
import type { Call } from './recorder.ts';
import { kindOf } from './sent.ts';

export interface History {
  readonly registry: Registry;
  readonly calls: readonly Call[];
  /** All of an actor's entries, each once. */
  readonly journal: (actor: string) => Promise<readonly JournalEntry[]>;
  readonly stepsMax?: number;
}

export interface Judgement {
  readonly verdict: 'linearizable' | 'not linearizable' | 'undecided';
  readonly actors: number;
  readonly operations: number;
  /** How often a chart was asked. */
  readonly steps: number;
  readonly seconds: number;
  readonly problems: readonly string[];
}

type Verdict = Judgement['verdict'];

/** One wrong actor makes all wrong; an undecided one is a failure as well. */
export async function judge(history: History): Promise<Judgement> {
  const begin = performance.now();
  const problems: string[] = [];
  const verdicts: Verdict[] = [];
  let operations = 0;
  let steps = 0;
  const actors = Map.groupBy(history.calls, ({ actor }) => actor);
  for (const [actor, calls] of actors) {
    const entries = await history.journal(actor);
    const own = judgeActor(history, { actor, calls, entries });
    operations += own.operations;
    steps += own.steps;
    verdicts.push(own.verdict);
    problems.push(...own.problems.map((problem) => `${actor}: ${problem}`));
  }
  const verdict = (['not linearizable', 'undecided'] as const).find((each) => verdicts.includes(each));
  return {
    verdict: verdict ?? 'linearizable',
    ...{ actors: actors.size, operations, steps, problems },
    seconds: Math.round((performance.now() - begin) / 100) / 10,
  };
}

/** One actor by itself. */
export function judgeActor(
  { registry, stepsMax }: Pick<History, 'registry' | 'stepsMax'>,
  given: { actor: string; calls: readonly Call[]; entries: readonly JournalEntry[] },
): Pick<Judgement, 'verdict' | 'operations' | 'steps' | 'problems'> {
  const { operations, problems } = operationsOf(given.calls);
  const all = withInternals(operations, given.entries);
  const model = chartModel(registry, given.actor);
  const verdict = linearize(all, model, stepsMax);
  return {
    verdict: verdict.verdict,
    operations: all.length,
    steps: verdict.steps,
    problems: [
      ...problems,
      ...(verdict.verdict === 'not linearizable' ? [explain(verdict.stuck)] : []),
      ...(verdict.verdict === 'undecided' ? [`undecided after ${verdict.steps} steps`] : []),
      ...compareJournal(kindOf(registry, given.actor), operations, given.entries),
    ],
  };
}

/** The smallest prefix that cannot be explained: what has no place, and where the actor could be by then. */
export function explain({ operation, waiting, states, placed }: Stuck<ActorState, Operation>): string {
  const what = operation === undefined ? 'what the journal tells' : describe(operation);
  const where = states.map((state) =>
    state === undefined ? 'not there' : `version ${state.version} ${JSON.stringify(state.snapshot.value)}`,
  );
  return [
    `after ${placed} operations there is no place for: ${what}`,
    `  states possible there: ${[...new Set(where)].join(' | ')}`,
    ...waiting.slice(0, 20).map((each) => `  also under way: ${describe(each)}`),
  ].join('\n');
}
