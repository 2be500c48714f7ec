/** Kinds of actors as their definitions have them, for readers who do not read code. */
import { chartOf, type Chart } from '../chart.ts';
import { commandOf, type ActorDefinition } from '../../runtime/definition.ts';
import { whoMay } from './access.ts';
import { aboutField, fieldsOf, hasField } from './fields.ts';
import { statesTable, statesWith, timersTable } from './states.ts';
import { code, nameInWords, table, upperFirst } from './words.ts';

const preface = [
  'Everything that Waybill keeps track of is an *actor* of one of the kinds below. Each has a chart: the states that it can be in, and what takes it from one to the next. Actors tell each other by messages; people and other systems send commands.',
  'Whatever a state does not list is refused, and the refusal is kept in the actor’s history. A field with `?` may be left out. *No longer than* is how long an actor may stay in a state before somebody should look: `waybill doctor` names those that are over it. In the pictures, what stands in a box itself happens without leaving it; an arrow from below a box’s text may be taken from every state in it. *cs* is customer service; a role with a condition behind it may do so only where that holds.',
  'This page is written by `npm run docs` from the charts themselves, with the durations that hold unless they are set.',
];

/** One kind alone. */
export function kindPage(definition: ActorDefinition): string {
  const [title = '', ...rest] = section(definition);
  return [title.replace('## ', '# '), ...rest.map((part) => part.replace(/^### /, '## '))]
    .join('\n\n')
    .concat('\n');
}

/** `docs/domain.md`, with the pictures beside it. The same definitions give the same page. */
export function domainPage(definitions: readonly ActorDefinition[]): string {
  return [
    '# The domain',
    ...preface,
    contents(definitions),
    ...definitions.flatMap((definition) => {
      const [title = '', about = '', facts = '', ...rest] = section(definition);
      const picture = `![The chart of ${definition.kind}](${pictureFile(definition)})`;
      return [title, about, facts, picture, ...rest];
    }),
  ]
    .join('\n\n')
    .concat('\n');
}

/** From `docs/`. */
export function pictureFile({ kind }: Pick<ActorDefinition, 'kind'>): string {
  return `images/${kind}.svg`;
}

function contents(definitions: readonly ActorDefinition[]): string {
  return definitions
    .map(({ kind, machine }) => {
      const name = titleOf(kind);
      return `- [${name}](#${name.toLowerCase().replaceAll(' ', '-')}): ${chartOf(machine).description ?? ''}`;
    })
    .join('\n');
}

function titleOf(kind: string): string {
  return upperFirst(nameInWords(kind));
}

function section(definition: ActorDefinition): string[] {
  const { kind, machine, targets } = definition;
  const chart = chartOf(machine);
  return [
    `## ${titleOf(kind)}`,
    `${chart.description ?? ''}.`.replace('..', '.'),
    facts(definition),
    `### States of ${code(kind)}`,
    statesTable(chart, targets),
    ...titled(`### What ${code(kind)} does by itself`, timersTable(chart, machine)),
    ...titled(`### Commands to ${code(kind)}`, commandsTable(definition, chart)),
    ...titled(`### Messages to ${code(kind)}`, messagesTable(definition, chart)),
    ...titled(`### What always holds for ${code(kind)}`, invariantsList(definition)),
  ];
}

function titled(title: string, text: string | undefined): string[] {
  return text === undefined ? [] : [title, text];
}

function facts(definition: ActorDefinition): string {
  const { plural, create, input, readers, indexed } = definition;
  const fields = fieldsOf(input);
  const filters = ['state', ...Object.keys(indexed)].map(code).join(', ');
  return [
    `- ${createdBy({ create, plural })}${fields === '' ? '' : `; fields: ${fields}`}`,
    `- Id: ${idInWords(definition)}`,
    `- Seen at ${code(`/${plural}/{id}`)} by: ${whoMay(readers)}; listed at ${code(`/${plural}`)} by ${filters}`,
  ].join('\n');
}

function createdBy({ create, plural }: Pick<ActorDefinition, 'create' | 'plural'>): string {
  if (create.arises !== undefined) {
    return `Comes into being with the first of ${create.arises.map(code).join(', ')} that changes anything`;
  }
  if (create.access === undefined) return `Created by another actor with ${code(create.event)}`;
  return `Created with ${code(`POST /${plural}`)} by: ${whoMay(create.access)}`;
}

function idInWords({ create, input, belongsTo }: ActorDefinition): string {
  // No id at all is none of any kind: the answer says what one looks like.
  const form = belongsTo?.('');
  if (typeof form === 'string') return form;
  const about = aboutField(input, 'id');
  if (about !== undefined) return about;
  if (create.arises !== undefined) return 'given by whoever writes to it first';
  if (create.access === undefined) return 'made by the actor that creates it';
  return hasField(input, 'id') ? 'given by whoever creates it, or made for them' : 'given in its address';
}

function commandsTable({ plural, commands, events }: ActorDefinition, chart: Chart): string | undefined {
  const rows = Object.entries(commands).map(([type, access]) => [
    code(commandOf(type)),
    events[type]?.description ?? '',
    whoMay(access),
    statesWith(chart, type),
    events[type] === undefined ? '' : fieldsOf(events[type]),
  ]);
  if (rows.length === 0) return undefined;
  const head = ['command', 'what it does', 'who may', 'in state', 'fields'];
  return `Sent as ${code(`POST /${plural}/{id}/{command}`)}.\n\n${table(head, rows)}`;
}

function messagesTable({ commands, events, create }: ActorDefinition, chart: Chart): string | undefined {
  const rows = Object.entries(events)
    .filter(([type]) => !(type in commands) && !(type === create.event && create.access !== undefined))
    .map(([type, schema]) => [
      code(type),
      schema.description ?? '',
      [...(creates(create, type) ? ['creates it'] : []), statesWith(chart, type)].filter(Boolean).join('; '),
      fieldsOf(schema),
    ]);
  return rows.length === 0 ? undefined : table(['message', 'meaning', 'in state', 'fields'], rows);
}

function creates({ event, arises = [event] }: ActorDefinition['create'], type: string): boolean {
  return arises.includes(type);
}

function invariantsList({ invariants = {} }: ActorDefinition): string | undefined {
  const names = Object.keys(invariants);
  return names.length === 0 ? undefined : names.map((name) => `- ${upperFirst(name)}`).join('\n');
}
