/** What operators decide about dead letters: sent again or discarded, one or many, with a reason. */
import type { Context } from 'hono';
import { z } from 'zod';
import { keyOf } from '../../runtime/address.ts';
import { messageIn, redriveOf, type RedriveEnd } from '../../runtime/core/redrive.ts';
import { RetryableError } from '../../runtime/errors.ts';
import type { Principal } from '../../runtime/message.ts';
import type { Letter, Settlement } from '../../runtime/reading/dead-letters.ts';
import { readBody, validate } from '../body.ts';
import { checkRunning, jsonResponse, senderOf, type Edge } from '../edge.ts';
import { ProblemError, unavailable } from '../problems.ts';
import { fits, known, letterJson, operator, unreadable } from './letter.ts';

/** What one call in bulk settles at most. */
const bulkMax = 500;
const redriveWaitMs = 5_000;
const hopeless: ReadonlySet<string> = new Set(['unavailable', 'unknown-outcome']);
const reason = z.string().trim().min(1).max(500);
export const decision = z.strictObject({ reason });

export async function settleOne(edge: Edge, c: Context, how: Settlement['how']): Promise<Response> {
  const by = await operator(edge, c);
  checkRunning(edge);
  const given = validate(decision, await readBody(senderOf(c), edge.limits)) as z.output<typeof decision>;
  const settled = await settle(edge, await known(edge, c), { how, by, reason: given.reason });
  return jsonResponse(letterJson(settled));
}

const text = z.string().min(1).max(1_000);
export const bulkDecision = z.strictObject({
  reason,
  filter: z
    .strictObject({
      kind: text,
      actor: text,
      event: text.nullable(),
      cause: text,
      ids: z.array(text).max(bulkMax),
    })
    .partial()
    .refine(
      (filter) => Object.keys(filter).length > 0,
      'must name at least one of kind, actor, event, cause, ids',
    )
    .meta({ examples: [{ kind: 'warehouse' }] }),
  limit: z.int().min(1).max(bulkMax).default(100),
});

/**
 * `POST /dead-letters/redrive` and `…/discard`: all open ones that the filter names, oldest first. What fails
 * stays open, and holds up no other.
 */
export async function bulk(edge: Edge, c: Context, how: Settlement['how']): Promise<Response> {
  const by = await operator(edge, c);
  checkRunning(edge);
  const body = await readBody(senderOf(c), edge.limits);
  const given = validate(bulkDecision, body) as z.output<typeof bulkDecision>;
  const { event, ...rest } = given.filter;
  const isWanted = (letter: Letter): boolean =>
    letter.status === 'open' && fits(letter, rest) && (event === undefined || letter.event === event);
  const found = (await edge.node.reader.deadLetters.all()).filter(isWanted).toReversed();
  const done = await settleAll(edge, found.slice(0, given.limit), { how, by, reason: given.reason });
  return jsonResponse({ ...done, left: found.length - done.settled - done.failed.length });
}

type Ends = Partial<Record<RedriveEnd['outcome'], number>>;

interface Settled {
  readonly settled: number;
  /** Of those that were sent again. */
  readonly ends: Ends;
  readonly failed: readonly { readonly id: string; readonly detail: string }[];
}

function count(ends: Ends, outcome: RedriveEnd['outcome'] | undefined): void {
  if (outcome !== undefined) ends[outcome] = (ends[outcome] ?? 0) + 1;
}

async function settleAll(edge: Edge, letters: readonly Letter[], decision: Decision): Promise<Settled> {
  let settled = 0;
  const ends: Ends = {};
  const failed: { id: string; detail: string }[] = [];
  for (const letter of letters) {
    try {
      const { settlement } = await settle(edge, letter, decision);
      settled += 1;
      count(ends, settlement?.end?.outcome);
    } catch (error) {
      if (!(error instanceof ProblemError || error instanceof RetryableError)) throw error;
      failed.push({ id: letter.id, detail: error.message });
      // The next ones would only wait as long.
      if (error instanceof RetryableError || hopeless.has(error.problem.name)) break;
    }
  }
  return { settled, ends, failed };
}

interface Decision {
  readonly how: Settlement['how'];
  readonly by: Principal;
  readonly reason: string;
}

/** First it is done, then noted: what was interrupted in between is open, and done once when it is asked again. */
async function settle(edge: Edge, letter: Letter, { how, by, reason }: Decision): Promise<Letter> {
  checkOpen(letter, how);
  const { deadLetters } = edge.node.reader;
  const end = how === 'redriven' ? { end: await redrive(edge, letter, by) } : {};
  const settlement = { settles: letter.id, how, at: edge.clock.now(), by, reason, ...end };
  edge.logger.info(
    { deadLetter: letter.id, to: keyOf(letter.to), by: by.subject, reason, ...end },
    `dead letter ${how}`,
  );
  return deadLetters.settle(letter, settlement);
}

/** One that was discarded may still be sent again; one that was sent again is done with. */
function checkOpen({ id, status }: Letter, how: Settlement['how']): void {
  if (status === 'open' || (status === 'discarded' && how === 'redriven')) return;
  throw new ProblemError({
    name: 'illegal-transition',
    detail: `dead letter ${id} is ${status} already`,
    fields: {
      state: status,
      event: how === 'redriven' ? 'redrive' : 'discard',
      allowed: status === 'discarded' ? ['redrive'] : [],
    },
  });
}

async function redrive({ node }: Edge, letter: Letter, by: Principal): Promise<RedriveEnd> {
  const found = await node.reader.deadLetters.read(letter);
  const message = found === undefined ? undefined : messageIn(found);
  if (message === undefined) throw unreadable(letter);
  const end = await node.caller.redrive(redriveOf(letter, message, by.subject), redriveWaitMs);
  if (end === 'unavailable') throw unavailable('the mailbox did not take it');
  if (end !== 'unknown') return end;
  throw new ProblemError({
    name: 'unknown-outcome',
    detail: `there is no answer yet to dead letter ${letter.id}; send the same request again: it is done once`,
  });
}
