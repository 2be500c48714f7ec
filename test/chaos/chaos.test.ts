/** Every kind of fault once, under traffic; the long version is `npm run chaos`. */
import { expect, test } from 'vitest';
import { seeds } from '../support/random.ts';
import { runChaos } from './chaos.ts';
import { faultKinds } from './faults.ts';

test.each(seeds(1))(
  'nothing is lost and nothing done twice, whatever fails, seed %i',
  { timeout: 150_000 },
  async (seed) => {
    const lines: string[] = [];
    const options = { seed, minutes: 0, nodes: 2, faults: faultKinds };
    const report = await runChaos(options, (line) => lines.push(line));
    expect(report.problems.join('\n'), lines.join('\n')).toBe('');
    const kinds = [...Object.keys(report.faults), ...Object.keys(report.skipped)];
    expect(kinds.toSorted()).toEqual(faultKinds.toSorted());
    expect(report.history?.verdict).toBe('linearizable');
  },
);
