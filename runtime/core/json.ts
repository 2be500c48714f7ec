/** What JSON would lose of a value: contexts, events and inputs live on as text. Pure. */
import { TerminalError } from '../errors.ts';

/** Throws where a record would not keep what the chart has now; runs in every turn. `before`: see `lossIn`. */
export function assertJson(value: unknown, where: string, before?: unknown): void {
  const lost = value === undefined ? undefined : lossIn(value, before);
  if (lost !== undefined)
    throw new TerminalError(`${where}: ${lost.replace(/^[. ]/, '')}, which JSON does not keep`);
}

/** Deeper is a cycle, or as good as one. */
const maxDepth = 40;

/**
 * The path to the first thing that JSON loses, and what it is. Where nothing is lost, no path is made. `before`
 * is what JSON is known to keep: of a context most is what it was, the same objects, and is not looked at again.
 */
export function lossIn(value: unknown, before?: unknown, depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null) return lossInScalar(value);
  if (value === before) return undefined;
  if (depth > maxDepth) return ' contains itself, or is nested without end';
  return Array.isArray(value) ? lossInArray(value, before, depth) : lossInObject(value, before, depth);
}

function lossInScalar(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : ` is ${value}`;
  return ` is of type ${typeof value}`;
}

function lossInArray(array: readonly unknown[], before: unknown, depth: number): string | undefined {
  const known: readonly unknown[] = Array.isArray(before) ? before : [];
  for (let index = 0; index < array.length; index++) {
    const lost = lossIn(array[index], known[index], depth + 1);
    if (lost !== undefined) return `[${index}]${lost}`;
  }
  return undefined;
}

function lossInObject(object: object, before: unknown, depth: number): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return ` is a ${object.constructor.name}`;
  const known = typeof before === 'object' && before !== null ? (before as Record<string, unknown>) : {};
  for (const key in object) {
    const value = (object as Record<string, unknown>)[key];
    // A key that is there and undefined would be gone once the actor had been out of memory.
    const lost = value === undefined ? ' is undefined' : lossIn(value, known[key], depth + 1);
    if (lost !== undefined) return `.${key}${lost}`;
  }
  return undefined;
}
