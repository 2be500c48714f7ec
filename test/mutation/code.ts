/** Mutants of the code of the charts and of the pure core, made and run by Stryker. */
import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { ignorer } from './ignore.ts';

/** Reports, and what Stryker keeps between runs; git does not. */
const outputFolder = 'reports';

const core = [
  ...['address', 'answer', 'chart', 'check', 'definition', 'draft', 'effects', 'entry', 'fold', 'incoming'],
  ...['json', 'message', 'reading', 'record', 'registry', 'turn', 'view'],
].map((name) => `runtime/${name}.ts`);

/** What is mutated where no file is named. */
export const codeFiles: readonly string[] = [...globSync('machines/*.ts').sort(), ...core];

export type Verdict = 'killed' | 'survived' | 'noCoverage' | 'timeout' | 'ignored' | 'error';

export interface CodeMutant {
  readonly file: string;
  readonly line: number;
  readonly mutator: string;
  readonly replacement: string;
  readonly verdict: Verdict;
}

const verdicts: Readonly<Partial<Record<string, Verdict>>> = {
  Killed: 'killed',
  Survived: 'survived',
  NoCoverage: 'noCoverage',
  Timeout: 'timeout',
  Ignored: 'ignored',
};

/** Runs the tests of `vitest.config.ts` against every mutant of the files. */
export async function runCode(
  files: readonly string[],
  { concurrency, force }: { concurrency: number; force: boolean },
): Promise<CodeMutant[]> {
  const stryker = new Stryker({
    mutate: [...files],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner', './test/mutation/ignore.ts'],
    ignorers: [ignorer],
    vitest: { configFile: 'test/mutation/vitest.config.ts' },
    coverageAnalysis: 'perTest',
    // Schemas are made when a module loads. They decide what gets in, so their mutants count.
    ignoreStatic: false,
    ignorePatterns: ['data', 'coverage', 'docs', outputFolder],
    tempDirName: `${outputFolder}/sandbox`,
    // It looks at files and tests. A change of what tests import, or a test of what runs when a module loads,
    // goes unseen until all is judged again.
    incremental: true,
    force,
    incrementalFile: `${outputFolder}/stryker-incremental.json`,
    reporters: ['json', 'clear-text', 'progress-append-only'],
    jsonReporter: { fileName: `${outputFolder}/stryker.json` },
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportMutants: false },
    concurrency,
    allowConsoleColors: false,
    timeoutMS: 5_000,
  });
  const results = await stryker.runMutationTest();
  const mutants = results.map(({ fileName, location, mutatorName, replacement, status }): CodeMutant => ({
    file: relative('', fileName),
    line: location.start.line,
    mutator: mutatorName,
    replacement,
    verdict: verdicts[status] ?? 'error',
  }));
  // An incremental run tells of the other files too.
  return files.flatMap((file) => mutants.filter((mutant) => mutant.file === file));
}
