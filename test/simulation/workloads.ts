/** The workloads that a seed chooses from. */
import type { Event } from '../../runtime/message.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { principal } from '../support/charts.ts';
import type { SeededRandom } from '../support/random.ts';
import { cell, isPoison, type CellContext } from './cell.ts';
import { Violation } from './books.ts';
import { registered } from './registered.ts';
import { shop } from './shop.ts';
import type { Workload } from './workload.ts';

const cells = ['a', 'b', 'c', 'd', 'e'];

function someCells(random: SeededRandom): string[] {
  const some = cells.filter(() => random.chance(0.4));
  return some.length > 0 ? some : [random.pick(cells)];
}

/** Each of the runtime's powers, at random, between five cells. */
const anything: Workload = {
  registry: createRegistry([cell]),
  isBuggy: true,
  principals: [principal, { ...principal, subject: 'bob' }],
  first: () => cells.map((id) => ({ key: `cell/${id}`, event: { type: 'cell.create' } })),
  next: (random) => ({
    key: `cell/${random.pick(cells)}`,
    event: random.pick<() => Event>([
      () => ({ type: 'cell.tell', to: someCells(random), n: random.below(40), hops: random.below(4) }),
      () => ({ type: 'cell.tell', to: someCells(random), n: random.below(40), hops: 0 }),
      () => ({ type: 'cell.take' }),
      () => ({ type: 'cell.arm', ms: 50 + random.below(4_000) }),
      () => ({ type: 'cell.arm', ms: 50 + random.below(400) }),
      () => ({ type: 'cell.disarm' }),
      () => ({ type: 'cell.work' }),
      () => ({ type: 'cell.stop' }),
    ])(),
  }),
  check(actors) {
    for (const { key, journal, context } of actors.values()) {
      const { heard } = context as CellContext;
      const heardOf = new Map<string, number>();
      for (const { event, outcome } of journal) {
        if (event.type !== 'cell.hear' || outcome !== 'accepted') continue;
        const { from, n } = event as unknown as { from: string; n: number };
        if (isPoison(n)) throw new Violation('R11', `${key} has taken what throws`);
        heardOf.set(from, (heardOf.get(from) ?? 0) + 1);
      }
      if (JSON.stringify(sorted(heard)) !== JSON.stringify(sorted(Object.fromEntries(heardOf))))
        throw new Violation('I2', `${key} has heard ${JSON.stringify(heard)}`);
    }
  },
};

export const workloads = { anything, shop, registered };
export type WorkloadName = keyof typeof workloads;

function sorted(of: Record<string, number>): [string, number][] {
  return Object.entries(of).sort(([one], [other]) => (one < other ? -1 : 1));
}
