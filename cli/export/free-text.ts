/**
 * Which strings of an event are free text, by its schema, and which an id, a code or one of a few; and which
 * numbers tell who somebody is: those in what a schema marks as `personal`. Pure.
 */
import { z } from 'zod';
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { Event } from '../../runtime/message.ts';
import { schemaOf } from '../../runtime/core/registry.ts';

/** What we read of JSON Schema. */
interface Schema {
  readonly personal?: boolean;
  readonly type?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

export interface Strings {
  readonly free: readonly string[];
  readonly kept: readonly string[];
}

export interface Reading {
  /** Undefined where the event has no schema: the result of an activity. */
  stringsOf(event: Event): Strings | undefined;
  /** Names of fields that are free text in one event or another. */
  readonly freeNames: ReadonlySet<string>;
  /** Names of fields whose numbers are personal. */
  readonly personalNames: ReadonlySet<string>;
  /** Texts that nobody entered: they stand in the schemas. */
  readonly defaults: ReadonlySet<string>;
}

export function readingOf(definition: ActorDefinition): Reading {
  const schemas = new Map<string, Schema>();
  for (const type of [definition.create.event, ...Object.keys(definition.events)]) {
    const schema = schemaOf(definition, type) ?? definition.input;
    schemas.set(type, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema);
  }
  const freeNames = new Set<string>();
  const personalNames = new Set<string>();
  const defaults = new Set<string>();
  for (const schema of schemas.values()) {
    visit(schema, '', (part, name) => {
      if (isFree(part) && name !== '') freeNames.add(name);
      if (part.personal === true && name !== '') personalNames.add(name);
      addTexts(part.default, defaults);
    });
  }
  return {
    freeNames,
    personalNames,
    defaults,
    stringsOf(event) {
      const { type, ...payload } = event;
      if (type.startsWith('xstate.')) return undefined;
      const found: { free: string[]; kept: string[] } = { free: [], kept: [] };
      sort(payload, branchesOf(schemas.get(type)), found);
      return found;
    },
  };
}

/** With what it may be instead. */
function branchesOf(schema: Schema | undefined): Schema[] {
  if (schema === undefined) return [];
  const parts = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((several) => several ?? []);
  return [schema, ...parts.flatMap(branchesOf)];
}

function sort(value: unknown, schemas: readonly Schema[], into: { free: string[]; kept: string[] }): void {
  if (typeof value === 'string') {
    (schemas.some((schema) => keeps(schema, value)) ? into.kept : into.free).push(value);
  } else if (Array.isArray(value)) {
    const items = schemas.flatMap(({ items }) => branchesOf(items));
    for (const item of value) sort(item, items, into);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      sort(
        field,
        schemas.flatMap((schema) => branchesOf(fieldOf(schema, name))),
        into,
      );
    }
  }
}

function fieldOf({ properties, additionalProperties }: Schema, name: string): Schema | undefined {
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

const personalFormats = new Set(['email', 'uri', 'ipv4', 'ipv6', 'e164']);

/** What does not fit its pattern may be anything. */
function keeps(schema: Schema, text: string): boolean {
  if (schema.enum !== undefined) return schema.enum.includes(text);
  if (schema.const !== undefined) return schema.const === text;
  if (schema.format !== undefined) return !personalFormats.has(schema.format);
  return schema.pattern !== undefined && new RegExp(schema.pattern).test(text);
}

function isFree(schema: Schema): boolean {
  if (schema.type !== 'string' || schema.enum !== undefined || schema.const !== undefined) return false;
  return schema.format === undefined ? schema.pattern === undefined : personalFormats.has(schema.format);
}

/** All parts of a schema, each with the name of the field that it is for. */
function visit(schema: Schema, name: string, take: (part: Schema, name: string) => void): void {
  for (const part of branchesOf(schema)) {
    take(part, name);
    if (part.items !== undefined) visit(part.items, name, take);
    if (typeof part.additionalProperties === 'object') visit(part.additionalProperties, name, take);
    for (const [field, below] of Object.entries(part.properties ?? {})) visit(below, field, take);
  }
}

function addTexts(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') into.add(value);
  else if (typeof value === 'object' && value !== null) {
    for (const below of Object.values(value)) addTexts(below, into);
  }
}
