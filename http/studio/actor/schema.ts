/** JSON Schema as a form needs it. */
import type { JsonSchema } from '../api.ts';

/** What a form begins with: what is required, empty; what may be left out, left out. */
export function emptyOf(schema: JsonSchema): unknown {
  const { default: given, const: only, enum: some, type = '' } = schema;
  return given ?? only ?? some?.[0] ?? byType[type]?.(schema);
}

const byType: Readonly<Record<string, (schema: JsonSchema) => unknown>> = {
  object: ({ properties = {}, required = [] }) =>
    Object.fromEntries(required.map((name) => [name, emptyOf(properties[name] ?? {})])),
  array: ({ items = {} }) => [emptyOf(items)],
  boolean: () => false,
  string: () => '',
};
