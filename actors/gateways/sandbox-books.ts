/**
 * What the sandbox gateway does with an operation. As real ones do: the same key gives the same answer, no more
 * is captured than was authorized, and nothing after a void. The payment method says how it goes.
 */
import { TerminalError } from '../../runtime/errors.ts';
import type { Operation, OperationResult } from '../providers.ts';
import type { Documents } from './sandbox-ledger.ts';

export type Settled = Exclude<OperationResult, { outcome: 'unknown' }>;

/** One key, as the outside world saw it. */
export interface SandboxOperation extends Pick<
  Operation,
  'key' | 'kind' | 'paymentId' | 'orderId' | 'amount' | 'currency' | 'method'
> {
  readonly calls: number;
  /** Null: it has had no effect yet. */
  readonly result: Settled | null;
  /** Before this time the gateway says no more than that it does not know, ms. */
  readonly knownAt: number;
}

/** One authorization, as the outside world saw it. */
export interface SandboxAuthorization extends Pick<
  Operation,
  'key' | 'paymentId' | 'orderId' | 'amount' | 'currency' | 'method'
> {
  readonly reference: string;
  readonly state: 'authorized' | 'requiresAction' | 'declined' | 'voided';
  readonly captures: number;
  readonly captured: number;
  readonly refunded: number;
}

/** `late`: it has happened, and no answer comes. */
export type Answer = OperationResult | 'late' | 'error';

export const operationIn = (documents: Documents, key: string): SandboxOperation | undefined =>
  documents.get('operation', key) as SandboxOperation | undefined;

const authorizationIn = (documents: Documents, paymentId: string): SandboxAuthorization | undefined =>
  documents.get('authorization', paymentId) as SandboxAuthorization | undefined;

const plain = ['ok', 'webhook-late', 'webhook-twice', 'capture-once', 'capture-fails', 'timeout-succeeds'];
const declining = ['decline', 'timeout-declines'];
const errors = /^error-(\d{1,3})-then-ok$/;

/** Takes a call; `isNew` where it has had its effect just now. Throws `TerminalError` for another body under the key. */
export function takeCall(
  documents: Documents,
  operation: Operation,
  { now, lateMs }: { now: number; lateMs: number },
): { answer: Answer; taken: SandboxOperation; isNew: boolean } {
  const known = operationIn(documents, operation.key) ?? first(operation);
  checkSame(known, operation);
  const called = { ...known, calls: known.calls + 1 };
  const isNew = known.result === null && !isError(called);
  const knownAt = isLate(operation, 'webhook-late') ? now + lateMs : now;
  const taken = isNew ? { ...called, result: effectOf(documents, operation), knownAt } : called;
  documents.put('operation', operation.key, taken);
  if (taken.result === null) return { answer: 'error', taken, isNew };
  const isSilent = isNew && operation.kind === 'authorize' && operation.method.startsWith('timeout-');
  return { answer: isSilent ? 'late' : answerOf(taken, now), taken, isNew };
}

/** What the gateway says when it is asked about a key. */
export function answerTo(
  documents: Documents,
  key: string,
  now: number,
): OperationResult | { outcome: 'notFound' } {
  const known = operationIn(documents, key);
  return known?.result == null ? { outcome: 'notFound' } : answerOf(known, now);
}

/** The customer has confirmed it, or has not. Undefined: nothing waits for that. */
export function confirmed(
  documents: Documents,
  paymentId: string,
  outcome: 'succeeded' | 'failed',
): SandboxOperation | undefined {
  const authorization = authorizationIn(documents, paymentId);
  const known = authorization && operationIn(documents, authorization.key);
  if (authorization?.state !== 'requiresAction' || known === undefined) return undefined;
  const { reference } = authorization;
  const isYes = outcome === 'succeeded';
  const result: Settled = isYes
    ? { outcome, reference }
    : { outcome: 'failed', reason: 'the customer did not confirm it' };
  const state = isYes ? 'authorized' : 'declined';
  documents.put('authorization', paymentId, { ...authorization, state } satisfies SandboxAuthorization);
  const taken = { ...known, result };
  documents.put('operation', known.key, taken);
  return taken;
}

/** The authorization as a webhook may tell it, true or not. Undefined: there is none. */
export function told(
  documents: Documents,
  paymentId: string,
  outcome: 'succeeded' | 'failed',
): SandboxOperation | undefined {
  const authorization = authorizationIn(documents, paymentId);
  const known = authorization && operationIn(documents, authorization.key);
  if (known === undefined) return undefined;
  const { reference } = authorization as SandboxAuthorization;
  return { ...known, result: outcome === 'succeeded' ? { outcome, reference } : no('so it was told') };
}

function first({ key, kind, paymentId, orderId, amount, currency, method }: Operation): SandboxOperation {
  const body = { key, kind, paymentId, orderId, amount, currency, method };
  return { ...body, calls: 0, result: null, knownAt: 0 };
}

function checkSame(known: SandboxOperation, operation: Operation): void {
  for (const name of ['kind', 'paymentId', 'amount', 'currency', 'method'] as const) {
    if (known[name] === operation[name]) continue;
    throw new TerminalError(`the key ${operation.key} was used for another ${name}`);
  }
}

function isError({ kind, method, calls }: SandboxOperation): boolean {
  const [, times] = errors.exec(method) ?? [];
  return kind === 'authorize' && times !== undefined && calls <= Number(times);
}

function isLate({ kind, method }: Operation, name: string): boolean {
  return kind === 'authorize' && method === name;
}

function answerOf({ result, knownAt }: SandboxOperation, now: number): OperationResult {
  return result === null || now < knownAt ? { outcome: 'unknown' } : result;
}

function effectOf(documents: Documents, operation: Operation): Settled {
  if (operation.kind === 'authorize') return authorize(documents, operation);
  const authorization = authorizationIn(documents, operation.paymentId);
  if (authorization === undefined) return no('there is no such authorization');
  const changed = changes[operation.kind](authorization, operation);
  if (typeof changed === 'string') return no(changed);
  documents.put('authorization', operation.paymentId, changed);
  return { outcome: 'succeeded', reference: authorization.reference };
}

function authorize(documents: Documents, operation: Operation): Settled {
  const { key, paymentId, orderId, amount, currency, method } = operation;
  const reference = `sandbox_${paymentId}`;
  const state = stateFor(method);
  if (state === undefined) return no('unknown method');
  const begun = { key, paymentId, orderId, amount, currency, method, reference };
  const authorization: SandboxAuthorization = { ...begun, state, captures: 0, captured: 0, refunded: 0 };
  documents.put('authorization', paymentId, authorization);
  if (state === 'declined') return no('declined');
  if (state === 'authorized') return { outcome: 'succeeded', reference };
  const url = `/sandbox/payments/${encodeURIComponent(paymentId)}/confirm`;
  return { outcome: 'requiresAction', reference, url };
}

function stateFor(method: string): 'authorized' | 'requiresAction' | 'declined' | undefined {
  if (plain.includes(method) || errors.test(method)) return 'authorized';
  if (declining.includes(method)) return 'declined';
  return method === 'requires-action' ? 'requiresAction' : undefined;
}

/** The authorization after it, or why not. */
type Change = (before: SandboxAuthorization, operation: Operation) => SandboxAuthorization | string;

const changes: Readonly<Record<'capture' | 'refund' | 'void', Change>> = {
  capture(before, { amount, method }) {
    if (before.state !== 'authorized') return `it is ${before.state}`;
    if (method === 'capture-fails') return 'the capture was refused';
    if (method === 'capture-once' && before.captures > 0) return 'it was captured already';
    if (before.captured + amount > before.amount) return 'more than was authorized';
    return { ...before, captures: before.captures + 1, captured: before.captured + amount };
  },
  refund(before, { amount }) {
    if (before.refunded + amount > before.captured) return 'more than was captured';
    return { ...before, refunded: before.refunded + amount };
  },
  void: (before) => (before.state === 'declined' ? 'it was declined' : { ...before, state: 'voided' }),
};

function no(reason: string): Settled {
  return { outcome: 'failed', reason };
}
