/** The routes of every kind of actor, from its definition. */
import { idPattern } from '../../runtime/address.ts';
import { takingPaths } from '../../runtime/core/chart.ts';
import type { Access } from '../../runtime/definition.ts';
import type { Kind } from '../../runtime/core/registry.ts';
import { chartOf } from '../chart.ts';
import type { Operation, Served } from '../kinds.ts';
import { ownRole } from '../own.ts';
import type { ProblemName } from '../problems.ts';
import { rolesInWords } from '../prose/access.ts';
import { nameInWords, upperFirst } from '../prose/words.ts';
import { limitDefault, limitMax } from '../queries.ts';
import { whatIfBody } from '../what-if.ts';
import { bodyOf } from './bodies.ts';
import { asked, bodied, type Answer, type Parameter, type RequestHeader, type Route } from './route.ts';

/** Of one kind: what it is called in the document, and by whom it is seen. */
interface Described {
  readonly kind: Kind;
  readonly served: Served;
  readonly words: string;
  /** In the names of schemas and operations: `StockItem`, `StockItems`. */
  readonly name: string;
  readonly names: string;
  readonly readers: readonly string[];
}

export function actorRoutes(kind: Kind, served: Served): Route[] {
  const described: Described = {
    ...{ kind, served },
    words: nameInWords(served.kind),
    name: viewName(served.kind),
    names: upperFirst(
      served.definition.plural.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    ),
    readers: rolesInWords(served.definition.readers),
  };
  return [
    ...creation(described),
    listing(described),
    reading(described),
    ...[...served.commands]
      .filter(([, { event }]) => isForPeople(served.definition.commands[event]))
      .map(([name, operation]) => command(described, name, operation)),
    ...looks(described),
    rehearsal(described),
  ];
}

/** What the server alone may send, in the name of a gateway or carrier, is not for outside. */
function isForPeople(access: Access | undefined): boolean {
  return Object.keys(access ?? {}).some((role) => role !== ownRole);
}

/** The schema of a kind's views. */
export function viewName(kind: string): string {
  return upperFirst(kind);
}

/** States that have no others inside. */
export function leavesOf({ definition }: Kind): string[] {
  return chartOf(definition.machine)
    .states.filter(({ states = [], type }) => states.length === 0 && type !== 'history')
    .map(({ id }) => id);
}

export const idParameter: Parameter = {
  about: 'The id of the actor',
  schema: { type: 'string', pattern: idPattern.source },
};
export const limit: Parameter = {
  about: 'How many at most',
  schema: { type: 'integer', minimum: 1, maximum: limitMax, default: limitDefault },
};
const direction: Parameter = {
  about: 'Oldest first, or newest first',
  schema: { type: 'string', enum: ['asc', 'desc'], default: 'asc' },
};
export const cursor: Parameter = {
  about: '`next` of the page before',
  schema: { type: 'string' },
};

const steering: readonly RequestHeader[] = ['Idempotency-Key', 'Prefer', 'traceparent'];
const steered = [
  ...asked,
  ...bodied,
  ...(['forbidden', 'in-progress', 'key-reused', 'stale-version', 'dead-letter', 'unknown-outcome'] as const),
] satisfies readonly ProblemName[];

const stored: Answer = {
  status: 202,
  about: 'Not answered within the time of `Prefer`: it is stored and will run',
  schema: 'Stored',
  headers: ['Location', 'Preference-Applied'],
};

function creation({ served, words, name }: Described): Route[] {
  const { create, definition, path, kind } = served;
  if (create === undefined) return [];
  return [
    {
      method: 'POST',
      path,
      id: `create${name}`,
      group: kind,
      summary: create.schema.description ?? `Create one ${words}`,
      about:
        'Without an `id` in the body an unguessable one is made; with an `Idempotency-Key` always the same.',
      headers: steering,
      body: bodyOf(create.event, create.schema, { takesId: true }),
      answers: [
        {
          status: 201,
          about: 'Created',
          schema: name,
          headers: ['Location', 'ETag', 'Idempotency-Replayed', 'Preference-Applied'],
        },
        stored,
      ],
      problems: [...steered, 'already-exists'],
      roles: rolesInWords(definition.create.access),
    },
  ];
}

function command({ kind, served, name }: Described, part: string, { event, schema }: Operation): Route {
  const { definition, path } = served;
  const arises = definition.create.arises?.includes(event) === true;
  const done = {
    schema: name,
    headers: ['ETag', 'Idempotency-Replayed', 'Preference-Applied'],
  } as const satisfies Partial<Answer>;
  return {
    method: 'POST',
    path: `${path}/{id}/${part}`,
    id: event.replace(/\.([a-zA-Z])/g, (_, letter: string) => letter.toUpperCase()),
    group: served.kind,
    summary: schema.description ?? event,
    ...(arises ? { about: 'The first one brings it into being (201).' } : {}),
    parameters: { id: idParameter },
    headers: [...steering, 'If-Match'],
    body: bodyOf(event, schema),
    answers: [
      { status: 200, about: 'Done: the view after it', ...done },
      ...(arises
        ? [
            {
              status: 201 as const,
              about: 'Created',
              ...done,
              headers: [...done.headers, 'Location' as const],
            },
          ]
        : []),
      stored,
    ],
    problems: [...steered, 'not-found', 'illegal-transition', 'guard-refused'],
    roles: rolesInWords(definition.commands[event]),
    states: outermost(takingPaths(kind.machine, event)),
  };
}

/** A state inside one that is there already says nothing new. */
function outermost(paths: readonly string[]): string[] {
  if (paths.includes('')) return [''];
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}.`)));
}

function listing({ kind, served, words, name, names, readers }: Described): Route {
  const { definition, path } = served;
  const filters = Object.keys(definition.indexed).map((field) => [
    field,
    { about: 'Only those that have it', schema: { type: 'string' } },
  ]);
  return {
    method: 'GET',
    path,
    id: `list${names}`,
    group: served.kind,
    summary: `List those that you may see, the newest first`,
    query: {
      state: {
        about: `In this state of the ${words} or inside it; several must all hold`,
        schema: { type: 'array', items: { type: 'string', enum: kind.allPaths } },
      },
      ...(Object.fromEntries(filters) as Record<string, Parameter>),
      ...{ limit, cursor },
    },
    answers: [{ status: 200, about: 'A page', schema: `${name}List`, headers: ['Link'] }],
    problems: [...asked, 'invalid'],
    roles: readers,
  };
}

function reading({ served, name, readers }: Described): Route {
  return {
    method: 'GET',
    path: `${served.path}/{id}`,
    id: `get${name}`,
    group: served.kind,
    summary: 'Read one',
    parameters: { id: idParameter },
    headers: ['If-None-Match'],
    answers: [
      { status: 200, about: 'Its view', schema: name, headers: ['ETag'] },
      { status: 304, about: 'You have it', headers: ['ETag'] },
    ],
    problems: [...asked, 'forbidden', 'not-found'],
    roles: readers,
  };
}

/** What can be read of an actor besides its view. */
function looks({ served, name, readers }: Described): Route[] {
  const shared = {
    method: 'GET' as const,
    group: served.kind,
    parameters: { id: idParameter },
    roles: readers,
  };
  const problems = [...asked, 'forbidden', 'not-found'] as const;
  const path = `${served.path}/{id}`;
  return [
    {
      ...shared,
      path: `${path}/history`,
      id: `get${name}History`,
      summary: 'Read what has happened to it, refusals too',
      query: { direction, limit, cursor },
      answers: [{ status: 200, about: 'A page', schema: 'History', headers: ['Link'] }],
      problems: [...problems, 'invalid'],
    },
    {
      ...shared,
      path: `${path}/events`,
      id: `stream${name}Events`,
      summary: 'Follow what happens to it',
      about: eventsAbout,
      headers: ['Last-Event-ID'],
      answers: [eventStream],
      problems: [...problems, 'invalid'],
    },
    {
      ...shared,
      path: `${path}/options`,
      id: `get${name}Options`,
      summary: 'Read what can happen to it now, and why the rest cannot',
      answers: [{ status: 200, about: 'Every event of the chart', schema: 'Options', headers: ['ETag'] }],
      problems,
    },
  ];
}

export const eventsAbout =
  'Server-sent events: `id` is the sequence in the journal, `event` is `accepted` or `refused`, `data` is a history item with `kind` and `id`. `reset`: what you have seen last is not there any more; the stream goes on from now.';
export const eventStream: Answer = {
  status: 200,
  about: 'A stream that ends with your token, or when the process stops',
  types: ['text/event-stream'],
};

function rehearsal({ served, name, words, readers }: Described): Route {
  return {
    method: 'POST',
    path: `${served.path}/{id}/what-if`,
    id: `rehearse${name}`,
    group: served.kind,
    summary: 'Ask what would happen if; nothing does',
    about: `Not for those who see only their own ${words}. With \`at\`, from that entry of its history on.`,
    parameters: { id: idParameter },
    body: { ...bodyOf('WhatIf', whatIfBody), example: { events: [{ type: someEvent(served) }] } },
    answers: [{ status: 200, about: 'What would come of each', schema: 'Rehearsal' }],
    problems: [...asked, ...bodied, 'forbidden', 'not-found'],
    roles: readers,
  };
}

function someEvent({ commands, definition }: Served): string {
  return [...commands.values()][0]?.event ?? Object.keys(definition.events)[0] ?? '';
}
