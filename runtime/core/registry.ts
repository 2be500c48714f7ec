/** The kinds of actors that this process runs, with what is worked out once per kind. */
import type { AnyMachineSnapshot, AnyStateMachine, StateValue } from 'xstate';
import type { z } from 'zod';
import { commandOf, type ActorDefinition } from '../definition.ts';
import type { Event } from '../message.ts';
import type { PartitionState } from '../ports.ts';
import {
  allPaths,
  bounded,
  isUnguarded,
  leafPaths,
  listedEvents,
  matches,
  statePaths,
  statusOf,
} from './chart.ts';
import { chartHash, checkRegistry } from './check.ts';
import { check, type Checked } from './field-errors.ts';

export interface Kind {
  readonly definition: ActorDefinition;
  readonly machine: AnyStateMachine;
  readonly hash: string;
  /** Event type by its command in the URL: `change-address` → `order.changeAddress`. */
  readonly commands: ReadonlyMap<string, string>;
  /** The same, the other way round. */
  readonly commandNames: ReadonlyMap<string, string>;
  readonly eventTypes: readonly string[];
  /** All states, outer ones first. */
  readonly allPaths: readonly string[];
  /** Events that need no payload, with their defaults filled in. */
  readonly bare: ReadonlyMap<string, Event>;
  /** What depends on the state of this snapshot alone: a chart has few states and many actors. */
  menu(snapshot: AnyMachineSnapshot): Menu;
}

export interface Menu {
  /** Leaf states as dotted paths. */
  readonly leaves: readonly string[];
  /** All states that it is in, the leaves and those around them. */
  readonly paths: readonly string[];
  /** What lists find actors in this state by: status, and every prefix of every leaf. */
  readonly terms: readonly string[];
  /** Events that the chart lists in this state, whatever their guards would say. */
  readonly listed: ReadonlySet<string>;
  /** Events that are taken in this state whatever the context: no guard stands before them. */
  readonly open: ReadonlySet<string>;
}

export type Registry = ReadonlyMap<string, Kind>;

/** Throws one `TerminalError` that lists everything wrong with the definitions. */
export function createRegistry(definitions: readonly ActorDefinition[]): Registry {
  checkRegistry(definitions);
  return new Map(definitions.map((definition) => [definition.kind, createKind(definition)]));
}

/**
 * Why this build cannot run a partition: another one has written records there that it could not read, so that
 * every message to them would become a dead letter (I9). Undefined: it can.
 */
export function unfitFor({ charts }: Pick<PartitionState, 'charts'>, registry: Registry): string | undefined {
  const unread = Object.entries(charts).flatMap(([kind, version]) => {
    const known = registry.get(kind)?.definition.version;
    if (known !== undefined && known >= version) return [];
    const own = known === undefined ? '' : ` (${kind}@${known})`;
    return [`it has records of ${kind}@${version}, which this process${own} cannot read`];
  });
  return unread.length === 0 ? undefined : unread.join('; ');
}

/** Throws where there is none: whoever calls has looked it up before. */
export function kindOf(registry: Registry, name: string): Kind {
  const kind = registry.get(name);
  if (kind === undefined) throw new Error(`there is no kind of actor named ${name}`);
  return kind;
}

function createKind(definition: ActorDefinition): Kind {
  const menus = new Map<string, Menu>();
  const eventTypes = Object.keys(definition.events);
  const commands = Object.keys(definition.commands).map((type) => [commandOf(type), type] as const);
  return {
    definition,
    machine: bounded(definition.machine),
    hash: chartHash(definition.machine),
    commands: new Map(commands),
    commandNames: new Map(commands.map(([name, type]) => [type, name])),
    eventTypes,
    allPaths: allPaths(definition.machine),
    bare: bareEvents(definition),
    menu(snapshot) {
      const state = (snapshot.status as string) + JSON.stringify(snapshot.value);
      let menu = menus.get(state);
      if (menu === undefined) {
        menu = menuOf(snapshot, eventTypes);
        menus.set(state, menu);
      }
      return menu;
    },
  };
}

function menuOf(snapshot: AnyMachineSnapshot, eventTypes: readonly string[]): Menu {
  const leaves = leafPaths(snapshot.value as StateValue);
  const paths = statePaths(snapshot.value as StateValue);
  const terms = [`status=${statusOf(snapshot)}`, ...paths.map((path) => `state=${path}`)];
  const descriptors = listedEvents(snapshot);
  const listed = eventTypes.filter((type) => descriptors.some((descriptor) => matches(descriptor, type)));
  const open = eventTypes.filter((type) => isUnguarded(snapshot, type));
  return { leaves, paths, terms, listed: new Set(listed), open: new Set(open) };
}

function bareEvents(definition: ActorDefinition): Map<string, Event> {
  const bare = new Map<string, Event>();
  for (const [type, schema] of Object.entries(definition.events)) {
    const parsed = schema.safeParse({});
    if (parsed.success) bare.set(type, { ...(parsed.data as object), type });
  }
  return bare;
}

/** Types come from outside: `constructor` is none of a definition's own. */
export function schemaOf(definition: ActorDefinition | undefined, type: string): z.ZodType | undefined {
  return definition !== undefined && Object.hasOwn(definition.events, type)
    ? definition.events[type]
    : undefined;
}

export function parse(schema: z.ZodType, event: Event): Checked {
  const { type: _type, ...payload } = event;
  return check(schema, payload);
}
