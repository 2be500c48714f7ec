/** What a client sent, as an event: to the actor, and in the journal. */
import { isDeepStrictEqual } from 'node:util';
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { Event } from '../../runtime/message.ts';
import { parse, schemaOf, type Kind, type Registry } from '../../runtime/core/registry.ts';
import type { ClientOperation } from './operation.ts';

/** Of an actor as in the URL, `orders/o1`. */
export function kindOf(registry: Registry, actor: string): Kind {
  const [plural] = actor.split('/');
  const found = [...registry.values()].find(({ definition }) => definition.plural === plural);
  if (found === undefined) throw new Error(`no kind of actor is named ${plural}`);
  return found;
}

export function eventOf(
  { definition, commands }: Kind,
  { command, body }: Pick<ClientOperation, 'command' | 'body'>,
): Event {
  const type = command === 'create' ? definition.create.event : commands.get(command);
  if (type === undefined) throw new Error(`${definition.kind} has no command ${command}`);
  return { ...body, type };
}

/** A chart is given what its schema makes of the body; what creates, or is refused, may be kept as it came. */
export function isSent(kind: Kind, operation: ClientOperation, { event, outcome }: JournalEntry): boolean {
  const { definition } = kind;
  const creates = operation.command === 'create';
  const sent = creates ? withoutId(eventOf(kind, operation)) : eventOf(kind, operation);
  const schema = creates ? definition.input : schemaOf(definition, sent.type);
  const parsed = schema && parse(schema, sent);
  const made =
    parsed !== undefined && 'payload' in parsed ? [{ ...(parsed.payload as object), type: sent.type }] : [];
  const isParsed = outcome === 'accepted' && sent.type !== definition.create.event;
  const told = creates ? withoutId(event) : event;
  return (isParsed ? made : [sent, ...made]).some((each) => isDeepStrictEqual(plain(each), told));
}

/** It is the address, and not in every payload. */
function withoutId(event: Event): Event {
  const { id: _id, ...rest } = event;
  return rest;
}

/** As JSON has it: without what is undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
