/** Whether a value fits a JSON Schema, as far as payloads are made by it; Zod has the last word. */
import { isObject } from './found.ts';
import type { AnySchema, Schema } from './payloads.ts';

export function fits(value: unknown, schema: AnySchema, root: Schema): boolean {
  if (typeof schema === 'boolean') return schema;
  if (schema.not !== undefined) return false;
  if (schema.$ref !== undefined) return fits(value, resolve(schema.$ref, root), root);
  if ('const' in schema) return value === schema.const;
  if (schema.enum !== undefined) return schema.enum.includes(value);
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.some((option) => fits(value, option, root));
  const check = checks[schema.type ?? ''];
  return check === undefined || check(value, schema, root);
}

/** What a reference inside a schema means. */
export function resolve(reference: string, root: Schema): Schema {
  return reference === '#' ? root : (root.$defs?.[reference.replace('#/$defs/', '')] ?? {});
}

const checks: Readonly<Record<string, (value: unknown, schema: Schema, root: Schema) => boolean>> = {
  string: fitsString,
  integer: (value, schema) => Number.isSafeInteger(value) && fitsNumber(Number(value), schema),
  number: (value, schema) => typeof value === 'number' && fitsNumber(value, schema),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: fitsArray,
  object: fitsObject,
};

function fitsString(value: unknown, schema: Schema): boolean {
  if (typeof value !== 'string') return false;
  const { minLength = 0, maxLength = Infinity } = schema;
  const patterns = [schema, ...(schema.allOf ?? [])].flatMap(({ pattern }) => pattern ?? []);
  return (
    value.length >= minLength &&
    value.length <= maxLength &&
    patterns.every((pattern) => new RegExp(pattern, 'u').test(value))
  );
}

function fitsNumber(value: number, schema: Schema): boolean {
  const { minimum = -Infinity, maximum = Infinity, multipleOf } = schema;
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema;
  const isInside = value >= minimum && value <= maximum;
  const isBetween = value > exclusiveMinimum && value < exclusiveMaximum;
  return isInside && isBetween && (multipleOf === undefined || value % multipleOf === 0);
}

function fitsArray(value: unknown, schema: Schema, root: Schema): boolean {
  if (!Array.isArray(value)) return false;
  const { prefixItems = [], items = {}, minItems = 0, maxItems = Infinity } = schema;
  return (
    value.length >= minItems &&
    value.length <= maxItems &&
    value.every((each, index) => fits(each, prefixItems[index] ?? items, root))
  );
}

function fitsObject(value: unknown, schema: Schema, root: Schema): boolean {
  if (!isObject(value)) return false;
  const { properties = {}, required = [], additionalProperties = true, propertyNames = {} } = schema;
  return (
    required.every((name) => value[name] !== undefined) &&
    Object.entries(value).every(([name, below]) => {
      const own = properties[name];
      if (own !== undefined) return fits(below, own, root);
      if (typeof additionalProperties === 'boolean') return additionalProperties;
      return fits(name, propertyNames, root) && fits(below, additionalProperties, root);
    })
  );
}
