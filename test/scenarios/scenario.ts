/** A scenario of DOMAIN.md: steps, between any two of which a process may die, and an exact end. */
import type { Durations } from '../../machines/durations.ts';
import type { Shop } from './shop.ts';

export interface Scenario {
  /** Up to 14 as in DOMAIN.md. */
  readonly number: number;
  readonly name: string;
  /** Where it is played more than once in a world: which time this is. */
  readonly time?: number;
  /** It changes the weather for all: it needs a Waybill of its own. */
  readonly alone?: boolean;
  /** Delays of the charts, ms, where the clock cannot be moved. */
  readonly durations?: Partial<Durations>;
  readonly steps: readonly Step[];
  /** What is compared with `end`. */
  readonly look: (shop: Shop) => Promise<unknown>;
  readonly end: unknown;
}

/** Each first waits for what it needs, then does one thing: a kill comes while its consequences are under way. */
export type Step = readonly [name: string, run: (shop: Shop) => Promise<unknown>];

export function tagOf({ number, time = 1 }: Scenario): string {
  const tag = `s${String(number).padStart(2, '0')}`;
  return time === 1 ? tag : `${tag}t${time}`;
}

export function titleOf({ number, name, time = 1 }: Scenario): string {
  return `${number} ${name}${time === 1 ? '' : `, time ${time}`}`;
}
