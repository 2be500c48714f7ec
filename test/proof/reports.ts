/** What the runs have left in `reports/`, as the proof page reads it. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Made } from '../support/report.ts';

const counts = z.record(z.string(), z.number());
const share = z.tuple([z.number(), z.number()]);

const schemas = {
  tests: z.object({
    numTotalTests: z.number(),
    numPassedTests: z.number(),
    numFailedTests: z.number(),
    numPendingTests: z.number(),
  }),
  model: z.array(
    z.object({
      kind: z.string(),
      configurations: z.number(),
      states: share,
      transitions: share,
      pairs: share,
      guards: share,
      refusals: z.number(),
      turns: z.number(),
      cut: z.array(z.string()),
      excused: z.record(z.string(), z.string()),
      played: z.record(
        z.string(),
        z.object({ steps: z.number(), refusals: z.number(), differences: z.array(z.unknown()) }),
      ),
    }),
  ),
  simulation: z.object({
    from: z.number(),
    seeds: z.number(),
    steps: z.number(),
    ms: z.number(),
    seconds: z.number(),
    faults: counts,
    failures: z.array(z.object({ seed: z.number(), message: z.string() })),
  }),
  rules: z.array(
    z.object({
      name: z.string(),
      rule: z.string(),
      without: z.string(),
      seed: z.number(),
      invariant: z.string(),
    }),
  ),
  chaos: z.object({
    seed: z.number(),
    nodes: z.number(),
    seconds: z.number(),
    faults: counts,
    outcomes: counts,
    unavailableMs: z.number(),
    verdict: z.string(),
  }),
  history: z.object({
    seed: z.number(),
    verdict: z.string(),
    actors: z.number(),
    operations: z.number(),
    seconds: z.number(),
  }),
  mutation: z.object({
    groups: z.record(
      z.string(),
      z.object({
        killed: z.number(),
        survived: z.number(),
        noCoverage: z.number(),
        timeout: z.number(),
        score: z.number(),
      }),
    ),
    survivors: z.object({ charts: z.array(z.string()) }),
  }),
};

type Schemas = typeof schemas;

export type Report<Name extends keyof Schemas> = z.infer<Schemas[Name]>;

/** A run that was not made has no report. */
export type Reports = { readonly [Name in keyof Schemas]?: { made: Made; report: Report<Name> } };

const madeSchema = z.object({ on: z.string(), commit: z.string() });

export const reportNames = Object.keys(schemas) as (keyof Schemas)[];

export function reportFile(name: string): URL {
  return new URL(`../../reports/${name}.json`, import.meta.url);
}

export function readReports(): Reports {
  const found = reportNames.flatMap((name) => {
    const text = textOf(name);
    if (text === undefined) return [];
    const { made, report } = z.object({ made: madeSchema, report: z.unknown() }).parse(JSON.parse(text));
    return [[name, { made, report: schemas[name].parse(report) }] as const];
  });
  return Object.fromEntries(found);
}

function textOf(name: string): string | undefined {
  try {
    return readFileSync(reportFile(name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
