/**
 * `npm run mutation`: what the tests would notice if the charts and the pure core were wrong. Prints tables,
 * writes `reports/mutation.json`, and ends with 1 where a group is below the threshold.
 */
import { parseArgs } from 'node:util';
import { writeReport } from '../support/report.ts';
import { chartFiles, runCharts, type ChartResult } from './chart-run.ts';
import { codeFiles, runCode } from './code.ts';
import { reportOf, tablesOf } from './report.ts';

const usage = `npm run mutation [-- options]
  --only charts|code   one of the two kinds of mutants
  --files a.ts,b.ts    only these, of machines/ and the pure core
  --force              judge every mutant of the code again, also where file and tests are as they were`;

const concurrency = 2;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Asked {
  readonly charts: readonly string[];
  readonly code: readonly string[];
  readonly force: boolean;
}

/** What is asked for; throws where an option, a file or a kind of mutants does not exist. */
function readOptions(): Asked {
  const { only, files, force } = parseArgs({
    options: {
      only: { type: 'string' },
      files: { type: 'string', multiple: true, default: [] },
      force: { type: 'boolean', default: false },
    },
  }).values;
  if (only !== undefined && only !== 'charts' && only !== 'code') throw new Error(`no mutants named ${only}`);
  const named = files.flatMap((list) => list.split(','));
  const unknown = named.filter((file) => !codeFiles.includes(file));
  if (unknown.length > 0) throw new Error(`no file to mutate: ${unknown.join(', ')}`);
  const wanted = (file: string): boolean => named.length === 0 || named.includes(file);
  const charts = only === 'code' ? [] : chartFiles.filter(wanted);
  const code = only === 'charts' ? [] : codeFiles.filter(wanted);
  if (charts.length + code.length === 0) throw new Error('these options leave nothing to mutate');
  return { charts, code, force };
}

async function run({ charts, code, force }: Asked): Promise<number> {
  const ofCharts = charts.length === 0 ? [] : await runCharts(charts, { concurrency, progress });
  const ofCode = code.length === 0 ? [] : await runCode(code, { concurrency, force });
  const report = reportOf(ofCode, ofCharts);
  writeReport('mutation', { ...report, mutants: ofCharts });
  say(tablesOf(report));
  if (report.below.length > 0) say(`too low: ${report.below.join(', ')}`);
  return report.below.length > 0 ? 1 : 0;
}

function progress({ name, killedBy }: ChartResult): void {
  if (killedBy === undefined) say(`survived: ${name}`);
}

let asked: Asked;
try {
  asked = readOptions();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
  process.exit(2);
}
process.exitCode = await run(asked);
