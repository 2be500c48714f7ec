/** Query parameters of lists: checked names, limits, and the opaque cursor. */
import { addressOf, addressSchema, keyOf } from '../runtime/address.ts';
import type { ListQuery } from '../runtime/ports.ts';
import { invalid, type ProblemError } from './problems.ts';

export const limitDefault = 50;
export const limitMax = 200;

export interface Query {
  readonly limit: number;
  readonly cursor: string | undefined;
  /** What is left: the filters, in the order given. A filter that is given twice must hold twice. */
  readonly filters: readonly (readonly [string, string])[];
}

/** Throws `invalid` for names that are not known, naming those that are. */
export function readQuery(url: string, filterNames: readonly string[]): Query {
  const start = url.indexOf('?');
  const given = start === -1 ? [] : [...new URLSearchParams(url.slice(start + 1))];
  const known = [...filterNames, 'limit', 'cursor'];
  for (const [name] of given) {
    if (!known.includes(name))
      throw wrong(name.slice(0, 100), `is not known; known are: ${known.join(', ')}`);
  }
  return {
    limit: limitOf(single(given, 'limit')),
    cursor: single(given, 'cursor'),
    filters: given.filter(([name]) => name !== 'limit' && name !== 'cursor'),
  };
}

export function wrong(parameter: string, message: string): ProblemError {
  return invalid(`the query parameter ${parameter} ${message}`, [{ pointer: `/${parameter}`, message }]);
}

function single(given: readonly (readonly [string, string])[], name: string): string | undefined {
  const values = given.filter(([each]) => each === name);
  if (values.length > 1) throw wrong(name, 'is given more than once');
  return values[0]?.[1];
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return limitDefault;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > limitMax) throw wrong('limit', `must be a whole number from 1 to ${limitMax}`);
  return limit;
}

type After = NonNullable<ListQuery['after']>;

export function cursorText({ key, createdAt }: After): string {
  return Buffer.from(`${createdAt}:${key}`).toString('base64url');
}

export function cursorOf(text: string, kind: string): After {
  const [, time, key] = /^(\d{1,15}):(.+)$/s.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  const address = addressSchema.safeParse(addressOf(key ?? ''));
  if (time === undefined || !address.success || address.data.kind !== kind)
    throw wrong('cursor', 'is none of ours');
  return { key: keyOf(address.data), createdAt: Number(time) };
}

export function sequenceOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw wrong('cursor', 'must be a sequence');
}

/** `Link` to the next page: the same query with another cursor. */
export function nextLink(path: string, { limit, filters }: Query, cursor: string): string {
  const query = new URLSearchParams([
    ...filters.map(([name, value]) => [name, value]),
    ['limit', String(limit)],
    ['cursor', cursor],
  ]);
  return `<${path}?${query.toString()}>; rel="next"`;
}
