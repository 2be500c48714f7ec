/** JSON Schema from Zod, as parts of one document; and a value that fits one, for people to begin with. */
import { z } from 'zod';

/** The part of JSON Schema that is looked into here. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

export function refTo(name: string): Schema {
  return { $ref: pointerTo(name) };
}

function pointerTo(name: string): string {
  return `#/components/schemas/${name}`;
}

/** OpenAPI 3.1 has the present JSON Schema, AsyncAPI 3.0 has draft 7. */
export type Dialect = 'draft-2020-12' | 'draft-7';

/** Of what is answered: schemas that name each other stay apart, and refer to each other. */
export function schemasOf(
  named: Readonly<Record<string, z.ZodType>>,
  target: Dialect = 'draft-2020-12',
): Record<string, Schema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    ...{ io: 'output', unrepresentable: 'any', uri: pointerTo, target },
  });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(schema as Schema)]));
}

/** Of what is sent. What it refers to inside itself is found from the root of the document. */
export function sentSchema(name: string, schema: z.ZodType, target: Dialect = 'draft-2020-12'): Schema {
  const alone = bare(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target }) as Schema);
  const text = JSON.stringify(alone).replaceAll('"$ref":"#', `"$ref":"${pointerTo(name)}`);
  return JSON.parse(text) as Schema;
}

function bare({ $schema: _, $id: __, ...schema }: Schema): Schema {
  return schema;
}

/** What is asked for and nothing more; texts of no other meaning are named after their field. */
export function exampleOf(schema: Schema, name = 'text'): unknown {
  const known = schema.examples?.[0] ?? schema.const ?? schema.enum?.[0];
  if (known !== undefined) return known;
  const [first] = schema.anyOf ?? [];
  return first === undefined ? plainExample(schema, name) : exampleOf(first, name);
}

function plainExample(schema: Schema, name: string): unknown {
  const { type, items, minimum = 0 } = schema;
  if (type === 'object') return exampleObject(schema);
  if (type === 'array') return items === undefined ? [] : [exampleOf(items, name)];
  if (type === 'integer' || type === 'number') return Math.max(minimum, 1);
  return type === 'boolean' ? false : name;
}

function exampleObject({ properties = {}, required = [] }: Schema): Record<string, unknown> {
  const asked = Object.entries(properties).filter(
    ([name, { default: otherwise }]) => required.includes(name) && otherwise === undefined,
  );
  return Object.fromEntries(asked.map(([name, schema]) => [name, exampleOf(schema, name)]));
}
