/** The runs find it when a rule of DOMAIN.md is gone: each is missed within its number of seeds. */
import { expect, test } from 'vitest';
import type { Rule } from '../simulation/rules.ts';
import { isPatient } from '../support/random.ts';
import { runMany } from './many.ts';
import { domainRules } from './rules.ts';

const quick = domainRules.filter(({ isSlow }) => isSlow !== true);
/** How long it takes is nothing to test: the machine may have other things to do. */
const timeoutMs = 300_000;

for (const rule of isPatient ? domainRules : quick)
  test(`rule ${rule.name}`, () => isMissed(rule), timeoutMs);

async function isMissed(rule: Rule): Promise<void> {
  const { failures, seeds } = await runMany({
    ...{ from: isPatient ? 1 : (rule.from ?? 1), seeds: rule.seeds, without: rule, failuresMax: 1 },
    // Most are missed within a few seeds: the program is loaded once for them.
    threads: 1,
  });
  expect(failures[0]?.faults[0], `not found in ${seeds} seeds`).toBeDefined();
}

test('each of the rules 1 to 17 is taken out in a way that is soon found', () => {
  const rules = quick.map(({ rule }) => Number(rule));
  expect([...new Set(rules)].toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 17 }, (_, index) => index + 1),
  );
});
