/** What actors are told and what is told of them, as an AsyncAPI 3.0 document. The same definitions give the same one. */
import type { ActorDefinition } from '../../runtime/definition.ts';
import { mailSchema } from '../../runtime/message.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import { chartOf, statesWithRoot } from '../chart.ts';
import { ownRole } from '../own.ts';
import { rolesInWords } from '../prose/access.ts';
import { nameInWords, upperFirst } from '../prose/words.ts';
import { records } from './records.ts';
import { refTo, schemasOf, sentSchema, type Schema } from './schema.ts';

/** Of the document; raised with what a reader could notice. */
const version = '1.0.0';

const introduction = `Every actor has a mailbox: what stands there is taken one after the other, and each message once. People and gateways put commands there over HTTP (OpenAPI: \`/openapi.json\`); actors tell each other by messages; timers and activities of an actor come back to it the same way. What has become of each stands in the journal.

An address \`order/{id}\` is the key of an actor: which stream and subject of the broker that is depends on the backend, and nobody outside writes there.`;

export interface AsyncApi {
  readonly asyncapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly defaultContentType: 'application/json';
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, object>>;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
}

interface Channel {
  readonly address: string;
  readonly title: string;
  readonly description?: string;
  readonly parameters?: Readonly<Record<string, { readonly description: string }>>;
  readonly messages: Readonly<Record<string, Schema>>;
}

interface Message {
  readonly name: string;
  readonly summary?: string;
  readonly payload: Schema;
  /** In words: who may send it. */
  readonly 'x-senders'?: readonly string[];
}

/** A message with the schema of the event that it carries. */
interface Described {
  readonly message: Message;
  readonly event?: Schema;
}

export function asyncApiOf(registry: Registry): AsyncApi {
  const definitions = [...registry.values()].map(({ definition }) => definition);
  const described = definitions.flatMap(messagesTo);
  const messages = [...described.map(({ message }) => message), ...recordMessages];
  const events = described.flatMap(({ message, event }) =>
    event === undefined ? [] : [[message.name, event] as const],
  );
  return {
    asyncapi: '3.0.0',
    info: { title: 'Waybill', version, description: introduction },
    defaultContentType: 'application/json',
    channels: {
      ...Object.fromEntries(definitions.map((each) => [each.kind, mailboxOf(each)])),
      ...recordChannels,
    },
    operations: {
      ...Object.fromEntries(definitions.map(({ kind }) => [`take${upperFirst(kind)}`, takes(kind)])),
      ...Object.fromEntries(
        Object.keys(recordChannels).map((name) => [`tell${upperFirst(name)}`, tells(name)]),
      ),
    },
    components: {
      messages: Object.fromEntries(messages.map((message) => [message.name, message])),
      schemas: { ...envelopes(), ...Object.fromEntries(events), ...schemasOf(records, 'draft-7') },
    },
  };
}

function takes(kind: string): object {
  return {
    action: 'receive',
    channel: { $ref: `#/channels/${kind}` },
    summary: 'One after the other, each once',
  };
}

function tells(name: string): object {
  return { action: 'send', channel: { $ref: `#/channels/${name}` } };
}

function messageRefs(names: readonly string[]): Record<string, Schema> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function mailboxOf(definition: ActorDefinition): Channel {
  const { kind, machine } = definition;
  const { description } = chartOf(machine);
  return {
    address: `${kind}/{id}`,
    title: `The mailbox of a ${nameInWords(kind)}`,
    ...(description === undefined ? {} : { description }),
    parameters: { id: { description: 'The id of the actor' } },
    messages: messageRefs(messagesTo(definition).map(({ message }) => message.name)),
  };
}

function messagesTo(definition: ActorDefinition): Described[] {
  const { kind, machine, activities } = definition;
  const hasTimers = statesWithRoot(chartOf(machine).root).some(({ after = [] }) => after.length > 0);
  const other = (from: Exclude<From, 'outside' | 'actor'>): Described => ({
    message: { name: `${kind}.${from}`, payload: payloadOf(from, kind, {}), ...others[from] },
  });
  return [
    ...Object.keys(definition.events).map((type) => eventMessage(definition, type)),
    ...(hasTimers ? [other('timer')] : []),
    ...(Object.keys(activities).length === 0 ? [] : [other('activity')]),
    other('redrive'),
  ];
}

const others = {
  timer: { summary: 'A time that a state waits for has come', 'x-senders': ['its own clock'] },
  activity: { summary: 'What it asked for has ended', 'x-senders': ['its own activities'] },
  redrive: { summary: 'A dead letter, sent again', 'x-senders': ['admin'] },
} as const;

/** Named after kind and event: several kinds may understand the same event. */
function eventMessage({ kind, events, commands, create, input }: ActorDefinition, type: string): Described {
  const access = commands[type] ?? (type === create.event ? create.access : undefined);
  const isOwn = type.startsWith(`${kind}.`);
  const name = isOwn ? type : `${kind}.${type}`;
  const schema = events[type] ?? input;
  const { description } = schema;
  return {
    event: withType(sentSchema(name, schema, 'draft-7'), type),
    message: {
      name,
      ...(description === undefined ? {} : { summary: description }),
      payload: payloadOf(access === undefined ? 'actor' : 'outside', kind, { event: refTo(name) }),
      'x-senders': access === undefined ? ['other actors'] : sendersIn(access),
    },
  };
}

function sendersIn(access: NonNullable<ActorDefinition['create']['access']>): string[] {
  const { [ownRole]: webhook, ...people } = access;
  return [...rolesInWords(people), ...(webhook === undefined ? [] : ['gateways and carriers, by webhook'])];
}

function withType(schema: Schema, type: string): Schema {
  const { properties = {}, required = [] } = schema;
  return {
    ...schema,
    properties: { type: { type: 'string', const: type }, ...properties },
    required: ['type', ...required],
  };
}

type From = 'outside' | 'actor' | 'timer' | 'activity' | 'redrive';

const envelopeNames: Readonly<Record<From, string>> = {
  outside: 'Command',
  actor: 'ActorMessage',
  timer: 'TimerMessage',
  activity: 'ActivityMessage',
  redrive: 'Redrive',
};

function payloadOf(from: From, kind: string, properties: Readonly<Record<string, Schema>>): Schema {
  const to = { type: 'object', properties: { kind: { type: 'string', const: kind } } };
  return { allOf: [refTo(envelopeNames[from]), { type: 'object', properties: { to, ...properties } }] };
}

function envelopes(): Record<string, Schema> {
  return Object.fromEntries(
    mailSchema.options.map((schema) => {
      const name = envelopeNames[schema.shape.from.value];
      return [name, sentSchema(name, schema, 'draft-7')];
    }),
  );
}

const recordMessages: readonly Message[] = [
  {
    name: 'journalEntry',
    summary: 'Something has happened to an actor, or was refused',
    payload: refTo('JournalEntry'),
  },
  { name: 'deadLetter', summary: 'A message that nobody could handle', payload: refTo('DeadLetter') },
  {
    name: 'settlement',
    summary: 'What an operator has decided about a dead letter',
    payload: refTo('Settlement'),
  },
  {
    name: 'event',
    summary: 'Something has happened: `data` of an event `accepted` or `refused`',
    payload: refTo('StreamedEvent'),
  },
  {
    name: 'reset',
    summary: 'What was told last is not there any more: `data` of an event `reset`',
    payload: refTo('Reset'),
  },
];

const stream = {
  description:
    'Server-sent events, for those who may see the actor. `Last-Event-ID` goes on behind an event.',
  messages: messageRefs(['event', 'reset']),
};

const recordChannels: Readonly<Record<string, Channel>> = {
  journal: {
    address: 'journal',
    title: 'Everything that has happened',
    messages: messageRefs(['journalEntry']),
  },
  deadLetters: {
    address: 'dead-letters',
    title: 'What nobody could handle, and what was decided about it',
    messages: messageRefs(['deadLetter', 'settlement']),
  },
  events: { address: '/events', title: 'What happens, as it happens', ...stream },
  actorEvents: {
    address: '/{plural}/{id}/events',
    title: 'What happens to one actor',
    parameters: {
      plural: { description: 'The kind, as in paths: `orders`' },
      id: { description: 'The id of the actor' },
    },
    ...stream,
  },
};
