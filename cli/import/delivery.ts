/** Sends one item until the server has decided on it: the same key makes every repeat harmless. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FieldError } from '../../runtime/core/field-errors.ts';
import { TerminalError, messageOf } from '../../runtime/errors.ts';
import type { Answer, Client } from './client.ts';
import type { Checked, Creation } from './creation.ts';
import type { Refusal } from './item.ts';
import { differencesOf } from './same.ts';

/** What became of an item. */
export type Outcome =
  { readonly is: 'created' | 'there' } | { readonly is: 'refused'; readonly refusal: Refusal };

export interface DeliveryOptions {
  readonly client: Client;
  readonly creation: Creation;
  /** For how long the server may not answer at all, ms. */
  readonly patienceMs: number;
  /** Ends waiting: what is waited for is not sent again. */
  readonly signal: AbortSignal;
}

/** Rejects with `TerminalError` where nothing more can be sent, with `AbortError` where it was told to end. */
export type Deliver = (checked: Checked, body: string) => Promise<Outcome>;

/** Answers that say nothing for good, but are the same each time. */
const attemptsMax = 10;
const backoffMs = { first: 100, most: 5_000 };

export function createDelivery({ client, creation, patienceMs, signal }: DeliveryOptions): Deliver {
  let answeredAt = performance.now();
  let silentSince: number | undefined;

  /** Undefined: no answer. */
  async function ask(call: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      const answer = await call();
      answeredAt = performance.now();
      silentSince = undefined;
      return answer;
    } catch (error) {
      silentSince ??= performance.now();
      const silentMs = performance.now() - silentSince;
      if (silentMs < patienceMs) return undefined;
      throw new TerminalError(
        `the server has not answered for ${Math.round(silentMs / 1_000)} s: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** Compares what is there with what was to be created. */
  async function compare({ id, payload }: Checked): Promise<Outcome | undefined> {
    const answer = await ask(() => client.get(`${creation.path}/${encodeURIComponent(id)}`));
    const context = answer?.status === 200 ? answer.body?.['context'] : undefined;
    if (answer === undefined || isLater(answer)) return undefined;
    const exists = `${creation.kind} ${id} exists already`;
    if (context === undefined) return refused('already-exists', `${exists}, made by someone else`);
    const pointers = differencesOf(payload, context);
    if (pointers.length === 0) return { is: 'there' };
    const errors = pointers
      .slice(0, 20)
      .map((pointer) => ({ pointer, message: 'differs from what is there' }));
    return refused('already-exists', `${exists}, with other content or by someone else`, errors);
  }

  async function decide(answer: Answer, checked: Checked, attempt: number): Promise<Outcome | undefined> {
    const { status, body } = answer;
    if (status === 200 || status === 201) {
      return { is: answer.headers['idempotency-replayed'] === 'true' ? 'there' : 'created' };
    }
    if (body?.['type'] === '/problems/already-exists') return compare(checked);
    checkServer(answer, creation.path);
    if (isLater(answer)) return undefined;
    if (isUnclear(answer) && attempt < attemptsMax) return undefined;
    return { is: 'refused', refusal: refusalOf(answer) };
  }

  return async function deliver(checked, body) {
    const headers = { 'idempotency-key': checked.key };
    for (let attempt = 1, broken = 0; ; attempt++) {
      const sentAt = performance.now();
      const answer = await ask(() => client.post(creation.path, body, headers));
      const outcome = answer === undefined ? undefined : await decide(answer, checked, attempt);
      if (outcome !== undefined) return outcome;
      broken = answer === undefined ? broken + 1 : 0;
      // Others are answered meanwhile: it is this one that the server cannot bear.
      if (broken >= attemptsMax && answeredAt > sentAt) {
        return refused('internal', `the connection broke ${broken} times while it was sent`);
      }
      await delay(waitMs(answer, attempt), undefined, { signal });
    }
  };
}

/** Throws `TerminalError` where the next item would fare no better. */
export function checkServer({ status, body }: Answer, path: string): void {
  const detail = typeof body?.['detail'] === 'string' ? `: ${body['detail']}` : '';
  if (status === 401) throw new TerminalError(`the server does not take the token${detail}`);
  if ((status >= 300 && status < 400) || status === 404 || status === 405) {
    throw new TerminalError(`this is no Waybill that has ${path}: it answers ${status}${detail}`);
  }
}

/** It will be decided, or may be sent again: now is only too early. */
function isLater({ status, body }: Answer): boolean {
  return [202, 408, 429, 503].includes(status) || body?.['type'] === '/problems/in-progress';
}

/** Nobody knows what was done, but the same key tells. */
function isUnclear({ status, body }: Answer): boolean {
  return status >= 500 && body?.['type'] !== '/problems/dead-letter';
}

/** As long as the server says; else longer each time, and not all at the same moment. */
function waitMs(answer: Answer | undefined, attempt: number): number {
  const asked = Number(answer?.headers['retry-after']);
  if (asked >= 0) return Math.min(asked, 300) * 1_000 + Math.random() * 200;
  return Math.min(backoffMs.most, backoffMs.first * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

function refused(name: string, reason: string, errors?: readonly FieldError[]): Outcome {
  const refusal = { type: `/problems/${name}`, reason, ...(errors === undefined ? {} : { errors }) };
  return { is: 'refused', refusal };
}

function refusalOf({ status, body }: Answer): Refusal {
  const { type, detail, title, errors } = body ?? {};
  const reason = [detail, title].find((text) => typeof text === 'string');
  return {
    type: typeof type === 'string' ? type : 'about:blank',
    reason: reason ?? `the server answers ${status}`,
    ...(Array.isArray(errors) ? { errors: errors as FieldError[] } : {}),
  };
}
