/** `npm run chaos`: exit code 0 if nothing is wrong, 1 if something is, 2 for options that cannot be. */
import { runChaos } from './chaos.ts';
import { readOptions, usage } from './options.ts';
import { tableOf, writeReports } from './report.ts';

const options = readOptions(process.argv.slice(2));
if ('problem' in options) {
  process.stderr.write(`${options.problem}\n\n${usage}`);
  process.exit(2);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const { seed, minutes, nodes, faults } = options;
print(`--seed ${seed} --minutes ${minutes} --nodes ${nodes} --faults ${faults.join()}`);
const report = await runChaos(options, print);
writeReports(report);
print(`\n${tableOf(report)}`);
process.exit(report.problems.length === 0 ? 0 : 1);
