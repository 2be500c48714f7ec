/** What a command was answered, in the words of HTTP. */
import type { Address } from '../runtime/address.ts';
import type { Answer, Head } from '../runtime/core/answer.ts';
import { seesOwnOnly } from '../runtime/definition.ts';
import { leafPaths } from '../runtime/core/chart.ts';
import type { Reply } from '../runtime/caller.ts';
import { conditionsOf } from '../runtime/core/conditions.ts';
import type { Refusal, RefusalReason } from '../runtime/core/outcome.ts';
import type { Principal } from '../runtime/message.ts';
import { jsonResponse, type Edge } from './edge.ts';
import type { Preference } from './headers.ts';
import { locationOf, type Served } from './kinds.ts';
import { problemResponse, type Problem, unavailable } from './problems.ts';
import { isStranger, missing, rolesOf } from './seen.ts';

export interface Asked {
  readonly served: Served;
  readonly to: Address;
  readonly event: string;
  readonly principal: Principal;
  readonly preference: Preference;
  /** The path of the request. */
  readonly instance: string;
}

type Headers = Readonly<Record<string, string>>;

export function answerOf(edge: Edge, asked: Asked, reply: Reply): Response | Promise<Response> {
  switch (reply.reply) {
    case 'answered':
      return answered(edge, asked, reply.answer);
    case 'later':
      return later(asked, reply.id);
    case 'unknown':
      return refuse(asked, {
        name: 'unknown-outcome',
        detail: `it was not answered in time and may have been stored or not; ${askAgain(asked, reply.id)}`,
        fields: { id: reply.id },
      });
    case 'in-progress':
      return refuse(asked, {
        name: 'in-progress',
        detail: 'a request with this Idempotency-Key is being worked on',
        headers: { 'retry-after': '1' },
      });
    case 'unavailable':
      return refuse(asked, unavailable(reply.why).problem);
    case 'too-large':
      return refuse(asked, { name: 'too-large', detail: reply.why });
  }
}

function answered(edge: Edge, asked: Asked, { head, view }: Answer): Response | Promise<Response> {
  switch (head.outcome) {
    case 'accepted':
      return view === undefined ? present(edge, asked, head) : applied(asked, head, view);
    case 'refused':
      return head.reason === 'forbidden'
        ? forbidden(edge, asked, head)
        : refuse(asked, explained[head.reason](asked, head), head);
    case 'key-reused': {
      const detail = 'this Idempotency-Key was used for another command or another body; use a new one';
      return refuse(asked, { name: 'key-reused', detail });
    }
    case 'dead':
      edge.logger.error(
        { deadLetter: head.deadLetter, cause: head.cause, path: asked.instance },
        'a command became a dead letter',
      );
      return refuse(asked, deadProblem(head), head);
    case 'unknown':
      return refuse(asked, {
        name: 'unknown-outcome',
        detail:
          'it waited for too long and was not run now; whether it ran before is not known. Read the actor to see',
      });
  }
}

type Accepted = Extract<Head, { outcome: 'accepted' }>;

function applied(asked: Asked, head: Accepted, view: string): Response {
  return new Response(view, {
    status: head.created ? 201 : 200,
    headers: {
      'content-type': 'application/json',
      etag: `"${head.version}"`,
      ...(head.created ? { location: locationOf(asked.served, asked.to.id) } : undefined),
      ...commonHeaders(asked, head),
    },
  });
}

/** The outcome is known, but its view was not kept: the present one is what there is to show. */
async function present(edge: Edge, asked: Asked, head: Accepted): Promise<Response> {
  const view = await edge.node.reader.view(asked.to, asked.principal);
  const shown = view === undefined || view === 'forbidden' ? { ...asked.to, version: head.version } : view;
  return applied(asked, { ...head, version: shown.version }, JSON.stringify(shown));
}

/** Who sees only their own is not told that somebody else's is there. */
async function forbidden(edge: Edge, asked: Asked, head: Head & Refusal): Promise<Response> {
  const { served, to, principal } = asked;
  const { definition } = served;
  const isHidden =
    seesOwnOnly(definition, principal) &&
    !isStranger(definition, principal) &&
    (await edge.node.reader.view(to, principal)) === 'forbidden';
  return refuse(asked, isHidden ? missing(served, to.id) : explained.forbidden(asked, head), head);
}

function later(asked: Asked, id: string): Response {
  const location = locationOf(asked.served, asked.to.id);
  const body = { id, location, detail: `it is stored and will run; ${askAgain(asked, id)}` };
  return jsonResponse(body, { location, ...commonHeaders(asked) }, 202);
}

/** A create without an id must name the one that was made for it, or the repeat would be about another actor. */
function askAgain({ served, to, instance }: Asked, id: string): string {
  const creates = instance === served.path;
  return (
    `ask again with Idempotency-Key: ${id}` +
    (creates ? ` and with "id": "${to.id}" in the body` : '') +
    ' for the answer'
  );
}

function refuse(asked: Asked, problem: Problem, head?: Head): Response {
  return problemResponse(
    { ...problem, headers: { ...commonHeaders(asked, head), ...problem.headers } },
    asked.instance,
  );
}

function commonHeaders({ preference }: Asked, head?: Head): Headers {
  return {
    ...(head?.replayed === undefined ? undefined : { 'idempotency-replayed': 'true' }),
    ...(preference.applied === undefined ? undefined : { 'preference-applied': preference.applied }),
  };
}

type Explain = (asked: Asked, refusal: Refusal) => Problem;

const explained: Readonly<Record<RefusalReason, Explain>> = {
  unhandled: ({ to, event }, { state, allowed }) => ({
    name: 'illegal-transition',
    detail: `${whereOf(to, state)}: ${event} is not allowed there`,
    fields: { state, event, allowed },
  }),
  guard: ({ served, to, event }, { state, allowed, guards = [] }) => {
    const conditions = conditionsOf(served.definition, guards);
    const words = conditions.length === 0 ? '' : `: ${conditions.join('; or ')}`;
    return {
      name: 'guard-refused',
      detail: `${whereOf(to, state)}: ${event} is refused by ${guards.join(', ')}${words}`,
      fields: { state, event, guard: guards.join(', '), conditions, allowed },
    };
  },
  exists: ({ served, to }) => ({
    name: 'already-exists',
    detail: `${nameOf(to)} exists already`,
    fields: { location: locationOf(served, to.id) },
  }),
  'not-found': (asked, refusal) =>
    isStranger(asked.served.definition, asked.principal)
      ? explained.forbidden(asked, refusal)
      : missing(asked.served, asked.to.id),
  forbidden: ({ to, event, principal }) => ({
    name: 'forbidden',
    detail: `${rolesOf(principal)} may not send ${event} to ${nameOf(to)}`,
  }),
  stale: ({ to }, { version }) => ({
    name: 'stale-version',
    detail: `the version in If-Match is not the present one of ${nameOf(to)}`,
    fields: { version },
  }),
  invalid: ({ event }, { errors = [] }) => ({
    name: 'invalid',
    detail: `${event} does not fit its schema`,
    fields: { errors },
  }),
};

function nameOf({ kind, id }: Address): string {
  return `${kind} ${id}`;
}

/** The state is not kept for made ids, so a replay may not know it. */
function whereOf(to: Address, state: Refusal['state']): string {
  return state === undefined ? nameOf(to) : `${nameOf(to)} is in ${leafPaths(state).join(', ')}`;
}

function deadProblem({ deadLetter, cause }: Extract<Head, { outcome: 'dead' }>): Problem {
  return {
    name: 'dead-letter',
    detail: 'the actor failed on it; it is unchanged',
    fields: { id: deadLetter, cause },
  };
}
