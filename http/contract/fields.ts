/** The fields of a body in words, one row each: for the page. */
import type { Schema } from './schema.ts';

export interface Field {
  /** With where it stands: `lines[].sku`. */
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly about: string;
}

/** What is inside is told to this depth. */
const depthMax = 3;

export function fieldsIn(schema: Schema, prefix = '', depth = 0): Field[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, field]): Field[] => {
    const path = `${prefix}${name}`;
    const isRequired = required.includes(name) && field.default === undefined;
    const row = { name: path, type: typeInWords(field), isRequired, about: field.description ?? '' };
    if (depth === depthMax) return [row];
    const [inside, join] = field.items === undefined ? [field, '.'] : [field.items, '[].'];
    return [row, ...fieldsIn(inside, `${path}${join}`, depth + 1)];
  });
}

export function typeInWords(schema: Schema): string {
  const { type, items, anyOf, enum: values, default: otherwise } = schema;
  if (values !== undefined) return withDefault(values.map(plain).join(' | '), otherwise);
  if (schema.const !== undefined) return plain(schema.const);
  if (anyOf !== undefined) return anyOf.map(typeInWords).join(' or ');
  if (items !== undefined) return `list of ${typeInWords(items)}`;
  return withDefault([type ?? 'anything', limitsOf(schema)].filter(Boolean).join(', '), otherwise);
}

function withDefault(text: string, otherwise: unknown): string {
  return otherwise === undefined ? text : `${text}; ${plain(otherwise)} if left out`;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Of numbers and texts. Zod writes the largest safe number where there is no limit. */
function limitsOf({ minimum, maximum, maxLength, pattern }: Schema): string {
  const parts = [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`to ${maximum}`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(pattern === undefined ? [] : [`\`${pattern}\``]),
  ];
  return parts.join(' ');
}
