/** `POST /<plural>/{id}/what-if`: what events would do, without doing it. */
import type { Context } from 'hono';
import { z } from 'zod';
import { seesOwnOnly } from '../runtime/definition.ts';
import { supposedSchema } from '../runtime/core/rehearsal.ts';
import type { NotKept } from '../runtime/reading/past.ts';
import { readBody, validate } from './body.ts';
import { jsonResponse, senderOf, type Edge } from './edge.ts';
import { checkId, type Served } from './kinds.ts';
import { ProblemError, invalid } from './problems.ts';
import { admitted } from './reads.ts';
import { rolesOf } from './seen.ts';

const eventsMax = 50;
export const whatIfBody = z.strictObject({
  at: z.int().min(1).optional(),
  events: z.array(supposedSchema).min(1).max(eventsMax),
});

/** For those who do not only see their own: effects tell of other actors. */
export async function whatIf(
  edge: Edge,
  c: Context,
  { served, id }: { served: Served; id: string },
): Promise<Response> {
  const principal = await admitted(edge, c);
  const of = { kind: served.kind, id: checkId(served, id) };
  const { at, events } = validate(whatIfBody, await readBody(senderOf(c), edge.limits)) as z.output<
    typeof whatIfBody
  >;
  const asked = { events, principal, ...(at === undefined ? {} : { at }) };
  const found = seesOwnOnly(served.definition, principal)
    ? 'forbidden'
    : await edge.node.reader.rehearse(of, asked);
  if (found === undefined)
    throw new ProblemError({ name: 'not-found', detail: `there is no ${of.kind} ${id}` });
  if (found === 'forbidden') {
    throw new ProblemError({
      name: 'forbidden',
      detail: `${rolesOf(principal)} may not rehearse with ${of.kind} ${id}`,
    });
  }
  if (found === 'unknown') {
    throw wrongMoment('must be the sequence of an accepted entry of its history, by the present chart');
  }
  if ('keptBefore' in found) throw wrongMoment(notKept(found));
  return jsonResponse(found, { 'cache-control': 'no-store' });
}

function wrongMoment(message: string): ProblemError {
  return invalid(`at ${message}`, [{ pointer: '/at', message }]);
}

function notKept({ keptBefore }: NotKept): string {
  const why = 'is an entry without the state after it, which was too large to be kept with each';
  return keptBefore === undefined ? why : `${why}; the last one before it that has it is ${keptBefore}`;
}
