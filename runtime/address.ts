/** Who an actor is, and which partition it lives in. */
import { z } from 'zod';

export interface Address {
  readonly kind: string;
  readonly id: string;
}

/**
 * Ids are parts of NATS subjects, Redis keys and URLs: no dots, wildcards, spaces or slashes, at most 200
 * characters. `~ # :` join derived ids, such as `order-1~f2`.
 */
export const idPattern = /^[A-Za-z0-9_-][A-Za-z0-9_~#:-]{0,199}$/;

export const idSchema = z
  .string()
  .regex(idPattern, 'must be 1 to 200 letters, digits or _ - ~ # :, and start with a letter, digit, _ or -');

export const addressSchema = z.strictObject({ kind: z.string().regex(/^[a-z][A-Za-z0-9]*$/), id: idSchema });

export function keyOf(address: Address): string {
  return `${address.kind}/${address.id}`;
}

export function addressOf(key: string): Address {
  const slash = key.indexOf('/');
  return { kind: key.slice(0, slash), id: key.slice(slash + 1) };
}

/** A fixed share of all actors: FNV-1a (32 bit) of the key, modulo the number of partitions. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % partitions;
}
