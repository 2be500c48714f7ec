/** What the runs have left in `reports/`, as the proof page reads it. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from '../../runtime/errors.ts';
import { reportFile, reportsFolder, type Made } from '../support/report.ts';

const counts = z.record(z.string(), z.number());
const share = z.tuple([z.number(), z.number()]);

const schemas = {
  tests: z.object({
    numTotalTests: z.number(),
    numPassedTests: z.number(),
    numFailedTests: z.number(),
    numPendingTests: z.number(),
    code: z.number(),
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
    skipped: z.record(z.string(), z.string()),
    mended: z.array(z.string()),
    outcomes: counts,
    unavailableMs: z.number(),
    verdict: z.string(),
    problems: z.array(z.string()),
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

/** What a run has found, or why it has found nothing. */
export type Found<Report> =
  { readonly made: Made; readonly report: Report } | { readonly made?: Made; readonly failed: string };

/** A run that was not made has no report. */
export type Reports = { readonly [Name in keyof Schemas]?: Found<Report<Name>> };

const made = z.object({ on: z.string(), commit: z.string() });

/** Never rejects a report: one that does not fit is a failure to be shown, next to what the others have found. */
export function readReports(folder = reportsFolder): Reports {
  const names = Object.keys(schemas) as (keyof Schemas)[];
  const found = names.flatMap((name) => {
    const text = textOf(reportFile(name, folder));
    return text === undefined ? [] : [[name, foundIn(text, name)] as const];
  });
  return Object.fromEntries(found);
}

function foundIn(text: string, name: keyof Schemas): Found<unknown> {
  try {
    const content: unknown = JSON.parse(text);
    const failure = z.object({ made, failed: z.string() }).safeParse(content);
    return failure.data ?? z.object({ made, report: schemas[name] }).parse(content);
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    return { failed: `${name}.json does not fit this page:\n${why}` };
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
