/** What is wrong with a payload, place by place, in plain words: the first of it, and how much more there is. */
import type { z } from 'zod';

export interface FieldError {
  /** RFC 6901 */
  readonly pointer: string;
  readonly message: string;
}

export type Checked =
  | { readonly payload: unknown }
  /** `more`: how many are left out. */
  | { readonly errors: readonly FieldError[]; readonly more: number };

export const fieldErrorsMax = 20;
/** Characters of a pointer: names of fields come from outside. */
const pointerMax = 300;

export function check(schema: z.ZodType, payload: unknown, max = fieldErrorsMax): Checked {
  const result = schema.safeParse(payload, { error: inWords });
  if (result.success) return { payload: result.data };
  const all = result.error.issues.flatMap(placesOf);
  const errors = all.slice(0, max).map(({ path, message }) => ({ pointer: pointerOf(path), message }));
  return { errors, more: all.length - errors.length };
}

export function pointerOf(path: readonly PropertyKey[]): string {
  const pointer = path
    .map((key) => `/${String(key).slice(0, pointerMax).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
  return pointer.length > pointerMax ? `${pointer.slice(0, pointerMax)}…` : pointer;
}

interface Place {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function placesOf(issue: z.core.$ZodIssue): Place[] {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ path, message }];
  return issue.keys.map((key) => ({ path: [...path, key], message: 'is not known' }));
}

/** Zod tells of a type that it has not received; a person has left something out. */
function inWords({ code, input }: z.core.$ZodRawIssue): string | undefined {
  const isMissing = input === undefined && (code === 'invalid_type' || code === 'invalid_value');
  return isMissing ? 'is missing' : undefined;
}
