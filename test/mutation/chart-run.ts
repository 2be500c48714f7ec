/**
 * Runs the tests of `test/machines/` against every mutant of every chart. Vitest stays up between them: a run
 * is a fresh worker in which the modules of the charts export the mutant.
 */
import { globSync, readFileSync } from 'node:fs';
import { createVitest, type TestSpecification, type Vitest } from 'vitest/node';
import type { AnyStateMachine } from 'xstate';
import { chartMutants, type ChartMutant, type Operator } from './charts.ts';
import type {} from './chosen.ts';

export const chartFiles: readonly string[] = globSync('machines/*.machine.ts').sort();

export interface ChartResult {
  readonly file: string;
  readonly chart: string;
  readonly operator: Operator;
  readonly name: string;
  /** The test that failed; undefined: it survived. */
  readonly killedBy: string | undefined;
}

/** The files are those of charts; throws where their tests fail without any mutant. */
export async function runCharts(
  files: readonly string[],
  { concurrency, progress }: { concurrency: number; progress: (result: ChartResult) => void },
): Promise<ChartResult[]> {
  const mutants = (await Promise.all(files.map(mutantsOf))).flat();
  const queue = mutants.entries();
  const results: ChartResult[] = [];
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      await using bench = await openBench();
      for (const [index, { file, mutant }] of queue) {
        const { chart, operator, name } = mutant;
        const result = { file, chart, operator, name, killedBy: await bench.firstFailure(name) };
        results[index] = result;
        progress(result);
      }
    }),
  );
  return results;
}

async function mutantsOf(file: string): Promise<{ file: string; mutant: ChartMutant }[]> {
  const module = (await import(`../../${file}`)) as Record<string, AnyStateMachine>;
  const machines = Object.entries(module).filter(([name]) => name.endsWith('Machine'));
  return machines.flatMap(([, machine]) => chartMutants(machine)).map((mutant) => ({ file, mutant }));
}

interface Bench extends AsyncDisposable {
  /** The name of the first test that fails with this mutant in place. */
  firstFailure(mutant: string): Promise<string | undefined>;
}

async function openBench(): Promise<Bench> {
  const vitest = await createVitest(
    {
      config: false,
      include: ['test/machines/**/*.test.ts'],
      reporters: [{}],
      watch: false,
      bail: 1,
      maxWorkers: 1,
      cache: false,
      testTimeout: 60_000,
    },
    { plugins: [{ name: 'chart-mutant', enforce: 'pre', transform: exportMutant }] },
  );
  const all = await vitest.globTestSpecifications();
  const tests = all.filter(({ moduleId }) => readFileSync(moduleId, 'utf8').includes('.machine.ts'));
  const bench = {
    firstFailure: (mutant: string) => firstFailure(vitest, tests, mutant),
    [Symbol.asyncDispose]: () => vitest.close(),
  };
  const failure = await bench.firstFailure('');
  if (failure === undefined) return bench;
  await vitest.close();
  throw new Error(`the tests of the charts fail without any mutant: ${failure}`);
}

/** `export const orderMachine = setup(…` becomes what `chosen` makes of it. */
function exportMutant(code: string, id: string): string | undefined {
  if (!/\/machines\/[^/]+\.machine\.ts$/.test(id)) return undefined;
  const chosen = JSON.stringify(new URL('chosen.ts', import.meta.url).pathname);
  const changed = code.replace(
    /^export const (\w+Machine) = (setup\([^]*)$/m,
    'const original = $2\nexport const $1 = chosen(original);',
  );
  if (changed === code) throw new Error(`${id}: found no \`export const …Machine = setup(\` to replace`);
  return `import { chosen } from ${chosen};\n${changed}`;
}

async function firstFailure(
  vitest: Vitest,
  tests: TestSpecification[],
  mutant: string,
): Promise<string | undefined> {
  vitest.provide('chartMutant', mutant);
  vitest.state.filesMap.clear();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(tests);
  for (const module of testModules) {
    for (const test of module.children.allTests('failed'))
      return `${module.relativeModuleId} > ${test.fullName}`;
    if (module.state() === 'failed') return `${module.relativeModuleId} did not run`;
  }
  return unhandledErrors.length === 0 ? undefined : `an error outside of a test`;
}
