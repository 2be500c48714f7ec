/**
 * Payloads from a Zod schema: least and greatest values, optional fields in and out, every option of a union;
 * and what the actor's context holds under the same name, so that a payload can match the actor it is for.
 */
import { z } from 'zod';
import { distinct, isObject, nothingFound, type Found, type Json } from './found.ts';
import { fits, resolve } from './fits.ts';
import { samplesOf } from './pattern.ts';

export interface Generating {
  readonly found?: Found;
  /** Makes texts that are not in the context; another one gives others. */
  readonly salt?: number;
  /** At most so many payloads; those that differ in the fewest fields come first. */
  readonly max?: number;
}

/** `true` takes every value, `false` none. */
export type AnySchema = Schema | boolean;

/** The part of JSON Schema that Zod writes. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly AnySchema[];
  readonly oneOf?: readonly AnySchema[];
  /** Only ever `{}`: it takes no value. */
  readonly not?: AnySchema;
  readonly properties?: Readonly<Record<string, AnySchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: AnySchema;
  readonly propertyNames?: Schema;
  /** Of a tuple; `items` is then what may follow. */
  readonly prefixItems?: readonly AnySchema[];
  readonly items?: AnySchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly allOf?: readonly Schema[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

/** Payloads that the schema takes, as they are sent; none: it cannot be generated. */
export function payloadsOf(schema: z.ZodType, given: Generating = {}): Json[] {
  const root = jsonSchemaOf(schema);
  const { found = nothingFound, salt = 0, max = 100 } = given;
  const all = valuesOf(root, { found, salt, max, root, name: '', depth: 0 }).filter(isObject);
  return distinct(all)
    .filter((payload) => schema.safeParse(payload).success)
    .slice(0, max);
}

const jsonSchemas = new WeakMap<z.ZodType, Schema>();

function jsonSchemaOf(schema: z.ZodType): Schema {
  let json = jsonSchemas.get(schema);
  if (json === undefined) {
    json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
    jsonSchemas.set(schema, json);
  }
  return json;
}

interface Place {
  readonly found: Found;
  readonly salt: number;
  readonly max: number;
  readonly root: Schema;
  readonly name: string;
  readonly depth: number;
}

/** Inside a payload, so many for one field. */
const fieldMax = 16;
const depthMax = 8;

function valuesOf(schema: AnySchema, place: Place): unknown[] {
  if (schema === true) return anything(place);
  if (schema === false || schema.not !== undefined || place.depth > depthMax) return [];
  return valuesIn(schema, place);
}

function anything({ found, name }: Place): unknown[] {
  return [null, {}, ...found.named(name).slice(0, 2)];
}

function valuesIn(schema: Schema, place: Place): unknown[] {
  if (schema.$ref !== undefined) return valuesOf(resolve(schema.$ref, place.root), deeper(place));
  if ('const' in schema) return [schema.const];
  if (schema.enum !== undefined) return [...schema.enum];
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return interleaved(options.map((option) => valuesOf(option, deeper(place))));
  const make = makers[schema.type ?? ''];
  return make === undefined ? anything(place) : make(schema, place);
}

const makers: Readonly<Record<string, (schema: Schema, place: Place) => unknown[]>> = {
  object: objects,
  array: arrays,
  string: strings,
  integer: numbers,
  number: numbers,
  boolean: () => [false, true],
  null: () => [null],
};

function deeper(place: Place, name = place.name): Place {
  return { ...place, name, depth: place.depth + 1, max: place.depth === 0 ? fieldMax : place.max };
}

const absent = Symbol('absent');

function objects(schema: Schema, place: Place): Json[] {
  const known = foundWhole(schema, place) as Json[];
  if (schema.properties === undefined && typeof schema.additionalProperties === 'object')
    return [...known, ...records(schema, schema.additionalProperties, place)].slice(0, place.max);
  const fields = Object.entries(schema.properties ?? {}).map(([name, below]) => {
    const values = distinct(valuesOf(below, deeper(place, name)));
    const isRequired = schema.required?.includes(name) === true;
    return [name, isRequired ? values : [...values.slice(0, 1), absent, ...values.slice(1)]] as const;
  });
  if (fields.some(([, values]) => values.length === 0)) return known;
  return [...known, ...combined(fields, place.max)].slice(0, place.max);
}

type Fields = readonly (readonly [string, readonly unknown[]])[];

/** The first value of every field, then one field another, then two: whatever two fields decide is met. */
function combined(fields: Fields, max: number): Json[] {
  const base = Object.fromEntries(fields.map(([name, values]) => [name, values[0]]));
  const others = fields.flatMap(([name, values]) => values.slice(1).map((value) => ({ [name]: value })));
  const all: Json[] = [base, ...others.map((other) => ({ ...base, ...other }))];
  for (const [index, one] of others.entries()) {
    for (const other of others.slice(index + 1)) {
      if (all.length >= max * 2) return present(all);
      if (Object.keys(one)[0] !== Object.keys(other)[0]) all.push({ ...base, ...one, ...other });
    }
  }
  return present(all);
}

function present(all: readonly Json[]): Json[] {
  return all.map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== absent)));
}

function records(schema: Schema, value: Schema, place: Place): Json[] {
  const keys = schema.propertyNames === undefined ? ['a'] : strings(schema.propertyNames, place);
  const below = valuesOf(value, deeper(place));
  return [{}, ...below.slice(0, 4).map((each) => ({ [String(keys[0])]: each }))];
}

function arrays(schema: Schema, place: Place): unknown[] {
  if (schema.prefixItems !== undefined) return tuples(schema, schema.prefixItems, place);
  const { items = {}, minItems = 0, maxItems = Infinity } = schema;
  const least = Math.max(1, minItems);
  const one = valuesOf(items, deeper(place));
  const other = valuesOf(items, deeper({ ...place, salt: place.salt + 1, found: nothingFound }));
  const filled = Array.from({ length: least - 1 }, (_, index) =>
    valuesOf(items, deeper({ ...place, salt: place.salt + 2 + index, found: nothingFound })).at(0),
  );
  const made = one.slice(0, place.max / 2).map((item) => [item, ...filled]);
  const more = one.slice(0, 1).flatMap((item) => (other.length === 0 ? [] : [[item, ...filled, other[0]]]));
  const all = [...foundWhole(schema, place), ...projected(items, place), ...made.slice(0, 1), ...more];
  const empty = minItems === 0 ? [[]] : [];
  return [...all, ...empty, ...made.slice(1)]
    .filter((each) => (each as unknown[]).length <= maxItems)
    .slice(0, place.max);
}

/** As with the fields of an object; what is left out at the end, and what may follow, are there and not. */
function tuples(schema: Schema, prefix: readonly AnySchema[], place: Place): unknown[] {
  const { items = {}, minItems = 0, maxItems = Infinity } = schema;
  const rest = items === false || maxItems <= prefix.length ? [] : [items];
  const fields = [...prefix, ...rest].map((below, index) => {
    const values = distinct(valuesOf(below, deeper(place)));
    if (index < minItems) return [String(index), values] as const;
    const before = index < prefix.length ? 1 : 0;
    return [String(index), [...values.slice(0, before), absent, ...values.slice(before)]] as const;
  });
  const known = foundWhole(schema, place);
  if (fields.some(([, values]) => values.length === 0)) return [...known];
  const made = combined(fields, place.max).map((one) => {
    const end = fields.findIndex(([index]) => !(index in one));
    return fields.slice(0, end === -1 ? fields.length : end).map(([index]) => one[index]);
  });
  return distinct([...known, ...made]).slice(0, place.max);
}

/** What the context has under this name, whole; and with one number in it taken from beside, or 0 or 1. */
function foundWhole(schema: Schema, { found, name, root }: Place): readonly unknown[][] | Json[] {
  const whole = found.named(name).filter((value) => fits(value, schema, root));
  const changed = whole.slice(0, 2).flatMap(withOtherNumbers);
  return distinct([...whole.slice(0, 2), ...changed.filter((value) => fits(value, schema, root))]) as Json[];
}

function withOtherNumbers(value: unknown): unknown[] {
  const names = numberNames(value);
  const beside = names.flatMap((name) => names.map((other) => changeNumber(value, name, other)));
  return [...beside, ...names.flatMap((name) => [0, 1].map((number) => changeNumber(value, name, number)))];
}

function numberNames(value: unknown): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap(numberNames))];
  if (!isObject(value)) return [];
  const own = Object.keys(value).filter((name) => typeof value[name] === 'number');
  return [...new Set([...own, ...Object.values(value).flatMap(numberNames)])];
}

function changeNumber(value: unknown, name: string, to: string | number): unknown {
  if (Array.isArray(value)) return value.map((each) => changeNumber(each, name, to));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) =>
      key === name && typeof below === 'number'
        ? [key, typeof to === 'number' ? to : (value[to] ?? below)]
        : [key, changeNumber(below, name, to)],
    ),
  );
}

/** One item for each object of a list in the context: fields of the same name, and one of its numbers. */
function projected(items: AnySchema, { found, root }: Place): unknown[][] {
  if (typeof items === 'boolean') return [];
  const names = Object.keys(items.properties ?? {});
  const lists = found.lists.filter((list) => list.every((each) => names.some((name) => name in each)));
  return lists.flatMap((list) =>
    ['', ...numberNames(list)]
      .map((number) =>
        list.map((each) => Object.fromEntries(names.map((name) => [name, each[name] ?? each[number]]))),
      )
      .filter((projection) => projection.every((each) => fits(each, items, root))),
  );
}

function strings(schema: Schema, { found, name, salt, root }: Place): string[] {
  const known = found.named(name).filter((value): value is string => typeof value === 'string');
  const { minLength = 0, maxLength = 1_000 } = schema;
  const patterns = [schema, ...(schema.allOf ?? [])].flatMap(({ pattern }) => pattern ?? []);
  const plain = [
    'model'.slice(0, maxLength).padEnd(minLength, 'l'),
    'l'.repeat(minLength),
    'l'.repeat(maxLength),
  ];
  const made = patterns.length === 0 ? plain : patterns.flatMap(samplesOf);
  const first = made[0] ?? '';
  const salted = [`${first}${salt}`, `${first.slice(0, -String(salt).length)}${salt}`, variant(first, salt)];
  const fresh = salted.filter((text) => !known.includes(text) && fits(text, schema, root));
  return distinct(
    [...known.slice(0, 3), ...(salt === 0 ? made : []), ...fresh.slice(0, 1), ...made].filter((text) =>
      fits(text, schema, root),
    ),
  );
}

/** For texts of letters only. */
function variant(text: string, salt: number): string {
  const last = text.codePointAt(text.length - 1) ?? 97;
  return text.slice(0, -1) + String.fromCodePoint(last + (salt % 25));
}

function numbers(schema: Schema, { found, name, root }: Place): number[] {
  const known = found.named(name).filter((value): value is number => typeof value === 'number');
  const step = schema.multipleOf ?? 1;
  const { minimum, maximum } = edges(schema, step);
  const edge = [minimum, minimum + step, maximum, 0, step];
  return distinct([...known.slice(0, 3).flatMap((value) => [value, value + 1, value - 1]), ...edge]).filter(
    (value) => Math.abs(value) < Number.MAX_SAFE_INTEGER && fits(value, schema, root),
  );
}

function edges({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema, step: number) {
  return {
    minimum: minimum ?? (exclusiveMinimum === undefined ? -Infinity : exclusiveMinimum + step),
    maximum: maximum ?? (exclusiveMaximum === undefined ? Infinity : exclusiveMaximum - step),
  };
}

function interleaved(lists: readonly (readonly unknown[])[]): unknown[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) =>
    lists.filter((list) => index < list.length).map((list) => list[index]),
  ).flat();
}
