/** The scenarios of DOMAIN.md, in its order, and two more; scenario 12 is the second one, disturbed. */
import { crowds } from './crowds.ts';
import { paying } from './paying.ts';
import type { Scenario } from './scenario.ts';
import { selling } from './selling.ts';
import { shipping } from './shipping.ts';

export const scenarios: readonly Scenario[] = [...selling, ...paying, ...shipping, ...crowds].toSorted(
  (one, other) => one.number - other.number,
);
