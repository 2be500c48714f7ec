/** `node test/domain/run.ts [seeds] [--from n] [--seed n] [--without rule]`: many runs, or one step by step. */
import { parseArgs } from 'node:util';
import { takeOut } from '../simulation/without.ts';
import { runMany } from './many.ts';
import { domainRules } from './rules.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    without: { type: 'string' },
  },
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const rule = domainRules.find(({ name }) => values.without !== undefined && name.startsWith(values.without));
if (values.without !== undefined && rule === undefined) {
  throw new Error(`the rules are\n${domainRules.map(({ name }) => `  ${name}`).join('\n')}`);
}

if (values.seed === undefined) {
  const startedAt = performance.now();
  const seeds = Number(positionals[0] ?? 1_000);
  const totals = await runMany({ from: Number(values.from), seeds, without: rule, failuresMax: 20 });
  const seconds = (performance.now() - startedAt) / 1_000;
  const { steps, turns, ends, failures } = totals;
  say(`${totals.seeds} seeds, ${steps} steps, ${turns} turns in ${seconds.toFixed(1)} s`);
  say(`orders: ${JSON.stringify(ends)}`);
  for (const { seed, faults } of failures) say(`seed ${seed}: ${faults.join('; ')}`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} else {
  if (rule !== undefined) takeOut(rule);
  // After the rule has gone.
  const { runShop } = await import('./shop.ts');
  const { faults, steps, ends } = runShop(Number(values.seed), say);
  say(`seed ${values.seed}: ${steps} steps, orders ${ends.join()}`);
  say(faults.length === 0 ? 'every invariant held' : faults.join('\n'));
  process.exitCode = faults.length === 0 ? 0 : 1;
}
