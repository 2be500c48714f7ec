/** Creating actors and sending them commands. Roles and versions are decided in the turn, and journaled. */
import { hash } from 'node:crypto';
import type { Context } from 'hono';
import { idSchema, type Address } from '../runtime/address.ts';
import { start } from '../runtime/core/chart.ts';
import { arisesWith, isAllowed } from '../runtime/definition.ts';
import type { Principal } from '../runtime/message.ts';
import { answerOf } from './answers.ts';
import { readBody, validate, type Json } from './body.ts';
import { authenticate, checkRate, checkRunning, header, pathOf, senderOf, type Edge } from './edge.ts';
import { idempotencyKey, ifMatch, preference, traceparent, type Preference } from './headers.ts';
import { checkId, type Operation, type Served } from './kinds.ts';
import { ProblemError, invalid } from './problems.ts';

/** `POST /<plural>`: 201 with the view. */
export async function create(edge: Edge, c: Context, served: Served): Promise<Response> {
  const { principal } = await authenticate(edge, c);
  const operation = served.create;
  if (operation === undefined) throw new Error('only called for kinds that may be created');
  const steering = steeringOf(c);
  if (steering.version !== undefined) {
    throw new ProblemError({
      name: 'stale-version',
      detail: 'what is yet to be created has no version to match',
    });
  }
  const body = await admitted(edge, c, principal);
  const { id: given, ...rest } = body;
  const content = operation.takesId ? body : rest;
  // A repeat names the id that was made: it is part of the address, not of what tells two bodies apart.
  const { id: _, ...payload } = validate(operation.schema, content) as Json;
  const id =
    given === undefined ? madeId(edge, { key: steering.key, principal, served }) : checkGivenId(given);
  return send(edge, { served, principal, id, operation, body: content, payload, steering });
}

/** `POST /<plural>/{id}/{command}`: 200 with the view after it. */
export async function command(
  edge: Edge,
  c: Context,
  to: { served: Served; id: string; name: string },
): Promise<Response> {
  const { served, name } = to;
  const { principal } = await authenticate(edge, c);
  const operation = served.commands.get(name);
  if (operation === undefined) throw unknownCommand(served, name);
  const id = checkId(served, to.id);
  const steering = steeringOf(c);
  const body = await admitted(edge, c, principal);
  const payload = validate(operation.schema, body);
  await checkBelonging(edge, { served, id, event: operation.event, principal });
  return send(edge, { served, principal, id, operation, body, payload, steering });
}

interface First {
  readonly served: Served;
  readonly id: string;
  readonly event: string;
  readonly principal: Principal;
}

/**
 * What brings an actor into being needs those that it belongs to. Nothing is ever deleted, so what was there
 * once is there for good, and nothing can come between this and the turn. Who may not send it at all is refused
 * by the turn, which journals it.
 */
async function checkBelonging(edge: Edge, { served, id, event, principal }: First): Promise<void> {
  const { kind, definition } = served;
  const { belongsTo, commands, machine } = definition;
  if (belongsTo === undefined || !arisesWith(definition, event)) return;
  const owners = belongsTo(id);
  if (typeof owners === 'string') {
    throw new ProblemError({
      name: 'not-found',
      detail: `${JSON.stringify(id)} is no ${kind} id: ${owners}`,
    });
  }
  if (await exists(edge, { kind, id }, principal)) return;
  if (!isAllowed(commands[event], start(machine, { id }).snapshot.context, principal)) return;
  for (const owner of owners) {
    if (await exists(edge, owner, principal)) continue;
    const detail = `there is no ${owner.kind} ${owner.id}, which ${kind} ${id} belongs to`;
    throw new ProblemError({ name: 'not-found', detail, fields: { missing: owner } });
  }
}

async function exists({ node }: Edge, actor: Address, principal: Principal): Promise<boolean> {
  return (await node.reader.view(actor, principal)) !== undefined;
}

export function unknownCommand({ kind, commandNames }: Served, name: string): ProblemError {
  const known = commandNames.length === 0 ? 'none' : commandNames.join(', ');
  return new ProblemError({
    name: 'not-found',
    detail: `${kind} has no command ${JSON.stringify(name.slice(0, 100))}; its commands are: ${known}`,
    fields: { commands: commandNames },
  });
}

async function admitted(edge: Edge, c: Context, principal: Principal): Promise<Json> {
  checkRate(edge, principal);
  checkRunning(edge);
  return readBody(senderOf(c), edge.limits);
}

/** What the headers and the path say about a command. */
interface Steering {
  readonly instance: string;
  readonly key: string | undefined;
  readonly version: number | undefined;
  readonly trace: string | undefined;
  readonly preference: Preference;
}

function steeringOf(c: Context): Steering {
  return {
    instance: pathOf(c),
    key: idempotencyKey(header(c, 'idempotency-key')),
    version: ifMatch(header(c, 'if-match')),
    trace: traceparent(header(c, 'traceparent')),
    preference: preference(header(c, 'prefer')),
  };
}

interface Sending {
  readonly served: Served;
  readonly principal: Principal;
  readonly id: string;
  readonly operation: Operation;
  readonly body: Json;
  readonly payload: unknown;
  readonly steering: Steering;
}

async function send(edge: Edge, sending: Sending): Promise<Response> {
  const { served, principal, id, operation, body, payload, steering } = sending;
  const { instance, key, version, trace } = steering;
  const to = { kind: served.kind, id };
  const began = performance.now();
  const reply = await edge.node.caller.ask({
    to,
    // As it was sent: the turn parses it itself, and a schema need not take its own output.
    event: { ...body, type: operation.event },
    principal,
    waitMs: steering.preference.waitMs,
    fingerprint: fingerprint(instance, payload),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(version === undefined ? {} : { ifMatch: version }),
    ...(trace === undefined ? {} : { trace }),
  });
  edge.metrics.answered(served.kind, reply.reply, performance.now() - began);
  return answerOf(edge, { served, to, event: operation.event, principal, ...steering }, reply);
}

/**
 * Tells the same key with another command or body apart, whatever the order of the fields. 66 bits: it is kept
 * with every answer.
 */
function fingerprint(path: string, payload: unknown): string {
  return hash('sha256', `POST ${path}\n${JSON.stringify(payload)}`, 'base64url').slice(0, 11);
}

/** With a key always the same id, so that a repeated create reaches the same actor. */
function madeId(
  { random }: Edge,
  { key, principal, served }: { key: string | undefined; principal: Principal; served: Served },
): string {
  if (key === undefined) return random.id();
  return hash('sha256', JSON.stringify([principal.subject, served.kind, key]), 'hex').slice(0, 32);
}

function checkGivenId(id: unknown): string {
  const parsed = idSchema.safeParse(id);
  if (parsed.success) return parsed.data;
  const message = parsed.error.issues.map((issue) => issue.message).join('; ');
  throw invalid('the id is no id', [{ pointer: '/id', message }]);
}
