/** What the doctor has found: all of it counted, the oldest kept. Memory does not grow with the number found. */
import type { Address } from '../../runtime/address.ts';

/** In the order in which they are told. */
export const checks = {
  unreadable: 'The record does not fit the chart',
  broken: 'An invariant of its kind does not hold',
  contradiction: 'Actors contradict each other',
  stuck: 'Longer in a state than its target',
  idle: 'Live, and nothing could move it',
  dead: 'Messages that nobody could handle',
} as const;

export type Check = keyof typeof checks;

export interface Found extends Address {
  readonly version: number;
}

export interface Finding {
  readonly check: Check;
  /** Whom it is about, the one it was found from first. */
  readonly actors: readonly Found[];
  /** In words. */
  readonly what: string;
  /** Since when at least, ms. */
  readonly since: number;
}

export interface Tally {
  readonly count: number;
  /** Oldest first, at most the limit. */
  readonly findings: readonly Finding[];
}

export interface Findings {
  /** `count`: how many the finding stands for. */
  add(finding: Finding, count?: number): void;
  tally(check: Check): Tally;
}

export function createFindings(limit: number): Findings {
  const tallies = new Map<Check, { count: number; findings: Finding[] }>();

  function of(check: Check): { count: number; findings: Finding[] } {
    const known = tallies.get(check) ?? { count: 0, findings: [] };
    tallies.set(check, known);
    return known;
  }

  return {
    add(finding, count = 1) {
      const tally = of(finding.check);
      tally.count += count;
      tally.findings.push(finding);
      // Sorted now and then: what is beyond the limit is never among the oldest again.
      if (tally.findings.length >= 2 * limit + 100) tally.findings = oldest(tally.findings, limit);
    },
    tally(check) {
      const { count, findings } = of(check);
      return { count, findings: oldest(findings, limit) };
    },
  };
}

function oldest(findings: readonly Finding[], limit: number): Finding[] {
  return findings.toSorted((one, other) => one.since - other.since).slice(0, limit);
}
