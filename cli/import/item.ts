/** What a file to be imported is read as: one item for each actor that is to be, in the order of the file. */
import type { FieldError } from '../../runtime/core/field-errors.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Why something was not taken, in the words of a problem of the HTTP interface. */
export interface Refusal {
  /** `/problems/invalid` */
  readonly type: string;
  readonly reason: string;
  readonly errors?: readonly FieldError[];
}

export interface Item {
  /** Its first line in the file; the file's first is 1. */
  readonly line: number;
  /** Undefined where it has none that could be read. */
  readonly id: string | undefined;
  /** How many bytes of the file end with it. */
  readonly end: number;
  /** It as JSON; of what cannot be read, its text as a JSON string. */
  readonly text: string;
  readonly content: { readonly value: Json } | { readonly refusal: Refusal };
}

export function malformed(reason: string): Refusal {
  return { type: '/problems/malformed', reason };
}

export function invalid(reason: string, errors: readonly FieldError[]): Refusal {
  return { type: '/problems/invalid', reason, errors };
}
