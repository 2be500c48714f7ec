/** The same way through XState's own pure functions, without anything of the runtime's. */
import { initialTransition, transition, type AnyMachineSnapshot } from 'xstate';
import { addressOf } from '../../runtime/address.ts';
import { arisesWith } from '../../runtime/definition.ts';
import type { ActivityMessage, Event } from '../../runtime/message.ts';
import { parse, schemaOf } from '../../runtime/core/registry.ts';
import { wayTo, type Visited } from './visited.ts';
import type { Walk } from './walk.ts';

/** Where the runtime's turn and XState go apart; none: nowhere. */
export function differencesFromXState({ definition, visited, ends }: Walk): string[] {
  const snapshots = new Map<Visited, AnyMachineSnapshot>();
  const differences: string[] = [];
  for (const each of [...visited, ...ends]) {
    for (const at of wayTo(each)) {
      if (snapshots.has(at)) continue;
      const before = at.before && snapshots.get(at.before);
      if (before !== undefined && at.move.refused !== undefined) {
        snapshots.set(at, before);
        continue;
      }
      const event = eventOf(definition, at);
      const after = before === undefined ? begun(definition, event, at) : taken(definition, event, before);
      snapshots.set(at, after);
      const own = texts(at.record.snapshot);
      const theirs = texts(after);
      if (own !== theirs)
        differences.push(`${at.move.happening.name}: XState has ${theirs}, the turn ${own}`);
    }
  }
  return differences;
}

/** The payload is the chart's input, or what it takes once it has started with its id. */
function begun(definition: Walk['definition'], event: Given, { record }: Visited): AnyMachineSnapshot {
  const { id } = addressOf(record.key);
  const arises = arisesWith(definition, event.type);
  const input = arises ? { id } : { ...event.payload, id };
  const [snapshot] = initialTransition(definition.machine, input) as [AnyMachineSnapshot, unknown];
  return arises ? taken(definition, event, snapshot) : snapshot;
}

function taken(
  { machine }: Walk['definition'],
  { payload, type }: Given,
  before: AnyMachineSnapshot,
): AnyMachineSnapshot {
  return transition(machine, before, { ...payload, type })[0] as AnyMachineSnapshot;
}

function eventOf(definition: Walk['definition'], { before, move }: Visited): Given {
  const { message } = move.happening;
  switch (message.from) {
    case 'timer': {
      const event = before?.record.timers[message.timer]?.event;
      return { type: event?.type ?? '', payload: event ?? {} };
    }
    case 'activity':
      return resultOf(message);
    case 'outside':
    case 'actor':
      return parsed(definition, message.event, before === undefined);
  }
}

interface Given {
  readonly type: string;
  readonly payload: object;
}

function resultOf({ activity: actorId, result }: ActivityMessage): Given {
  return 'error' in result
    ? { type: `xstate.error.actor.${actorId}`, payload: { actorId, error: result.error } }
    : { type: `xstate.done.actor.${actorId}`, payload: { actorId, output: result.output } };
}

function parsed(definition: Walk['definition'], event: Event, creates: boolean): Given {
  const isInput = creates && !arisesWith(definition, event.type);
  const schema = isInput ? definition.input : schemaOf(definition, event.type);
  const result = schema === undefined ? { errors: [] } : parse(schema, event);
  return { type: event.type, payload: 'payload' in result ? (result.payload as object) : {} };
}

function texts({ value, context, status }: AnyMachineSnapshot): string {
  return JSON.stringify([sorted(value as unknown), context, status]);
}

/** Regions have no order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([name, below]) => [name, sorted(below)]);
}
