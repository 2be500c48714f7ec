/** What a view calls by name: ids that forms can offer, and other actors. By the names of its fields alone. */
import { createContext } from 'react';
import type { MachineItem } from '../api.ts';

/** The values of each field, by its name: `lineId`, `shipmentId`. */
export type Names = ReadonlyMap<string, readonly string[]>;

/** What forms offer. */
export const Offered = createContext<Names>(new Map());

const most = 200;

type Kinds = readonly Pick<MachineItem, 'kind' | 'plural'>[];

export function namesIn(context: unknown, kinds: Kinds): Names {
  const found = new Map<string, Set<string>>();
  note(context, { name: '', list: '' });
  return new Map([...found].map(([name, values]) => [name, [...values].slice(0, most)]));

  function note(value: unknown, at: Field): void {
    if (Array.isArray(value)) for (const each of value) note(each, { name: '', list: at.name });
    else if (typeof value === 'object' && value !== null) {
      for (const [name, each] of Object.entries(value)) note(each, { name, list: at.list });
    } else if (typeof value === 'string' && value !== '') add(value, at);
  }

  function add(value: string, at: Field): void {
    const kind = kindNamed(at, kinds);
    const name = kind === undefined ? at.name : `${kind}Id`;
    found.set(name, (found.get(name) ?? new Set()).add(value));
  }
}

export interface Field {
  readonly name: string;
  /** The list that it stands in. */
  readonly list: string;
}

/** The kind whose id a field has: a `shipmentId`, and the `id` of one of `shipments`. */
export function kindNamed({ name, list }: Field, kinds: Kinds): string | undefined {
  return kinds.find(
    ({ kind, plural }) =>
      name === `${kind}Id` || (name === 'id' && list.toLowerCase() === plural.replaceAll('-', '')),
  )?.kind;
}
