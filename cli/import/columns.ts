/** The columns of a CSV file, by the schema of what is to be created: `customerId`, `shipTo.city`, `line.sku`. */
import { z } from 'zod';

export interface Column {
  readonly name: string;
  /** Where its cells go; in a list, below one of its elements. */
  readonly path: readonly string[];
  /** The list that a row is an element of: `lines`. */
  readonly list: string | undefined;
  readonly type: 'text' | 'number' | 'boolean';
}

/** By name, as a person is to see them. */
export function columnsOf(input: z.ZodType): ReadonlyMap<string, Column> {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  const id: Column = { name: 'id', path: ['id'], list: undefined, type: 'text' };
  const columns = Object.entries(schema.properties ?? {}).flatMap(([name, part]) => topColumns(name, part));
  return new Map([id, ...columns].map((column) => [column.name, column]));
}

type Part = z.core.JSONSchema._JSONSchema;

function topColumns(name: string, part: Part): Column[] {
  const items = typeof part === 'object' && part.type === 'array' ? part.items : undefined;
  if (typeof items !== 'object' || Array.isArray(items))
    return columnsIn({ name, path: [name], list: undefined }, part);
  // One row is one line of `lines`.
  const singular = name.replace(/s$/, '');
  return Object.entries(items.properties ?? {}).flatMap(([field, inner]) =>
    columnsIn({ name: `${singular}.${field}`, path: [field], list: name }, inner),
  );
}

/** What is a list within a list, or may be anything, has no column. */
function columnsIn(place: Omit<Column, 'type'>, part: Part): Column[] {
  if (typeof part !== 'object') return [];
  if (part.type === 'object') {
    return Object.entries(part.properties ?? {}).flatMap(([field, inner]) =>
      columnsIn({ ...place, name: `${place.name}.${field}`, path: [...place.path, field] }, inner),
    );
  }
  const type = cellTypes[String(part.type)];
  return type === undefined ? [] : [{ ...place, type }];
}

const cellTypes: Readonly<Record<string, Column['type']>> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
};

/** The cell's value; undefined where it is empty. Throws `RangeError` for what is no number or no truth value. */
export function valueOf(cell: string, { type }: Column): unknown {
  const text = cell.trim();
  if (text === '') return undefined;
  if (type === 'text') return cell;
  if (type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new RangeError(`${JSON.stringify(text.slice(0, 60))} is neither true nor false`);
  }
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  throw new RangeError(`${JSON.stringify(text.slice(0, 60))} is no number`);
}
