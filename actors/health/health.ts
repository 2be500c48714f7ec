/**
 * What must hold between actors, over their books alone. The simulator asks after every step, `waybill doctor`
 * asks a live system. Each rule begins from one actor and names those that it has to see, so that a reader of
 * a hundred thousand actors needs only a few at a time.
 */
import { keyOf, type Address } from '../../runtime/address.ts';
import { orderRelations } from './orders.ts';
import { paymentRelations } from './payments.ts';
import type { Find, Relation, Standing } from './relation.ts';
import { shipmentRelations } from './shipments.ts';
import { stockRelations } from './stock.ts';

export interface Finding {
  readonly name: string;
  readonly holds: Relation['holds'];
  /** The one it was found from, and those that it names. */
  readonly actors: readonly (Address & { readonly version: number })[];
  readonly what: string;
}

export type Actors = ReadonlyMap<string, ReadonlyMap<string, Omit<Standing, keyof Address>>>;

export const relations: readonly Relation[] = [
  ...orderRelations,
  ...stockRelations,
  ...paymentRelations,
  ...shipmentRelations,
];

/** By kind and id. With messages under way, ask for those that always hold. */
export function findingsIn(actors: Actors, asked: readonly Relation[] = relations): Finding[] {
  const find: Find = ({ kind, id }) => {
    const found = actors.get(kind)?.get(id);
    return found === undefined ? undefined : { kind, id, ...found };
  };
  return asked.flatMap((relation) =>
    [...(actors.get(relation.kind)?.keys() ?? [])].flatMap((id) => {
      const actor = find({ kind: relation.kind, id });
      return actor === undefined ? [] : findingsOf(actor, relation, find);
    }),
  );
}

function findingsOf(actor: Standing, { name, holds, others, faults }: Relation, find: Find): Finding[] {
  const named = new Map([actor, ...others(actor)].map((of) => [keyOf(of), of]));
  const actors = [...named.values()].map(({ kind, id }) => {
    return { kind, id, version: find({ kind, id })?.version ?? 0 };
  });
  return faults(actor, find).map((what) => ({ name, holds, actors, what }));
}
