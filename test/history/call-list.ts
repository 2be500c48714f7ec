/** Calls and returns in their order, as a list from which a call is taken out together with its return. */
import type { Timed } from './linearize.ts';

interface Link<Operation> {
  prev: Link<Operation> | undefined;
  next: Entry<Operation> | undefined;
}
export type Head<Operation> = Link<Operation>;
export interface Call<Operation> extends Link<Operation> {
  readonly kind: 'call';
  readonly operation: Operation;
  /** Its rank among the calls. */
  readonly index: number;
  end: Return<Operation> | undefined;
}
export interface Return<Operation> extends Link<Operation> {
  readonly kind: 'return';
  readonly operation: Operation;
}
export type Entry<Operation> = Call<Operation> | Return<Operation>;

export function listOf<Operation extends Timed>(operations: readonly Operation[]): Head<Operation> {
  const calls = operations
    .toSorted((one, other) => one.invoked - other.invoked)
    .map((operation, index): Call<Operation> => {
      const blank = { prev: undefined, next: undefined };
      const isAnswered = operation.returned !== Infinity;
      const end: Return<Operation> | undefined = isAnswered
        ? { kind: 'return', operation, ...blank }
        : undefined;
      return { kind: 'call', operation, index, end, ...blank };
    });
  const entries = calls
    .flatMap((call): [number, Entry<Operation>][] => [
      [call.operation.invoked, call],
      ...(call.end === undefined ? [] : [[call.operation.returned, call.end] as [number, Entry<Operation>]]),
    ])
    .toSorted(([one], [other]) => one - other);
  const head: Head<Operation> = { prev: undefined, next: undefined };
  let last: Link<Operation> = head;
  for (const [, entry] of entries) {
    entry.prev = last;
    last.next = entry;
    last = entry;
  }
  return head;
}

export function unlink<Operation>(call: Call<Operation>): void {
  for (const entry of call.end === undefined ? [call] : [call, call.end]) {
    if (entry.prev !== undefined) entry.prev.next = entry.next;
    if (entry.next !== undefined) entry.next.prev = entry.prev;
  }
}

/** The other way round: an entry still knows where it stood. */
export function relink<Operation>(call: Call<Operation>): void {
  for (const entry of call.end === undefined ? [call] : [call.end, call]) {
    if (entry.prev !== undefined) entry.prev.next = entry;
    if (entry.next !== undefined) entry.next.prev = entry;
  }
}

function* callsOf<Operation>(list: Head<Operation>): Generator<Call<Operation>> {
  for (let entry = list.next; entry !== undefined; entry = entry.next) {
    if (entry.kind === 'call') yield entry;
  }
}

/** With the highest one placed it tells the set of all that are placed, and stays short. */
export function unplacedUpTo<Operation>(list: Head<Operation>, high: number): string {
  let text = '';
  for (const { index } of callsOf(list)) {
    if (index > high) break;
    text += `${index},`;
  }
  return text;
}

/** Whatever this one could do, the other one can do as well, and could do earlier. */
export function hasTwinBefore<Operation extends Timed>(
  list: Head<Operation>,
  entry: Call<Operation>,
): boolean {
  const { content, optional } = entry.operation;
  if (optional !== true || content === undefined) return false;
  for (const call of callsOf(list)) {
    if (call === entry) return false;
    if (call.operation.optional === true && call.operation.content === content) return true;
  }
  return false;
}

/** Begun before the first return of one that is not placed. */
export function waitingIn<Operation>(list: Head<Operation>): Operation[] {
  const found: Operation[] = [];
  for (let entry = list.next; entry?.kind === 'call'; entry = entry.next) found.push(entry.operation);
  return found;
}

export function claimsOf<Operation extends Timed>(list: Head<Operation>): Map<number, Operation> {
  const claims = new Map<number, Operation>();
  for (const { operation } of callsOf(list)) {
    if (operation.claim !== undefined) claims.set(operation.claim, operation);
  }
  return claims;
}
