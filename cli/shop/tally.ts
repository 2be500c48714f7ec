/** What a busy shop counts: numbers, and the first problems. It does not grow with the orders. */

export interface Tally {
  placed: number;
  underWay: number;
  /** Answers in which a refusal was what should come. */
  refusedOnPurpose: number;
  /** Orders, by where they ended. */
  readonly ends: Map<string, number>;
  /** Answers, by status; 0: no answer. */
  readonly statuses: Map<number, number>;
  problemCount: number;
  /** The first ones. */
  readonly problems: string[];
}

const problemsMax = 20;

export function newTally(): Tally {
  return {
    ...{ placed: 0, underWay: 0, refusedOnPurpose: 0, problemCount: 0 },
    ...{ ends: new Map(), statuses: new Map(), problems: [] },
  };
}

export function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function noteProblem(tally: Tally, text: string): void {
  tally.problemCount += 1;
  if (tally.problems.length < problemsMax) tally.problems.push(text);
}

/** `0:12  24 placed (2.0/s)  9 under way  12 delivered  1 cancelled  3 refused  0 problems` */
export function statusLine(tally: Tally, elapsedMs: number): string {
  const seconds = elapsedMs / 1_000;
  const rate = (tally.placed / Math.max(seconds, 0.001)).toFixed(1);
  const missing = tally.statuses.get(0) ?? 0;
  return [
    clock(seconds),
    `${tally.placed} placed (${rate}/s)`,
    `${tally.underWay} under way`,
    ...sorted(tally.ends).map(([state, number]) => `${number} ${state}`),
    `${tally.refusedOnPurpose} refused`,
    ...(missing === 0 ? [] : [`${missing} unanswered`]),
    `${tally.problemCount} problems`,
  ].join('  ');
}

export function summaryOf(tally: Tally, elapsedMs: number): string {
  const rows = (counts: Map<string | number, number>): string =>
    sorted(counts)
      .map(([name, number]) => `  ${String(number).padStart(8)}  ${name === 0 ? 'no answer' : name}\n`)
      .join('');
  const { placed, underWay, refusedOnPurpose, problemCount, problems } = tally;
  return [
    `\n${placed} orders in ${clock(elapsedMs / 1_000)}\n`,
    rows(tally.ends),
    underWay === 0 ? '' : `  ${String(underWay).padStart(8)}  still under way\n`,
    `\nAnswers by status\n${rows(tally.statuses)}`,
    `\nRefused on purpose: ${refusedOnPurpose}\n`,
    `Problems that nobody expected: ${problemCount}\n`,
    problems.map((problem) => `  ${problem}\n`).join(''),
    problemCount > problems.length ? `  … and ${problemCount - problems.length} more\n` : '',
  ].join('');
}

function sorted<Key extends string | number>(counts: ReadonlyMap<Key, number>): [Key, number][] {
  return [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
