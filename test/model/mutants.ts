/** A chart with one transition taken away, or led elsewhere: what playing the true one's ways must find. */
import { createMachine, type AnyStateMachine } from 'xstate';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { isObject, type Json } from './found.ts';

export interface Mutant {
  /** What is different, and where. */
  readonly name: string;
  readonly definition: ActorDefinition;
}

type Change = (transition: Json, siblings: readonly string[]) => Json | undefined;

/** For every transition under `on`: gone; without its guard; without its actions; to the state next to it. */
export function mutantsOf(definition: ActorDefinition): Mutant[] {
  const places = placesOf(definition.machine.config, []);
  return places.flatMap((place) =>
    Object.entries(changes).flatMap(([name, change]) => {
      const config = changed(definition.machine.config, place, { change });
      if (config === undefined) return [];
      const { machine } = definition;
      const mutated = createMachine(
        config as never,
        machine.implementations as never,
      ) as unknown as AnyStateMachine;
      return [
        {
          name: `${name}: ${place.path.join('.')} ${place.event}[${place.index}]`,
          definition: { ...definition, machine: mutated },
        },
      ];
    }),
  );
}

const changes: Readonly<Record<string, Change>> = {
  gone: () => ({}),
  unguarded: ({ guard, ...rest }) => (guard === undefined ? undefined : rest),
  idle: ({ actions, ...rest }) =>
    actions === undefined || actions === 'changeNothing' ? undefined : { ...rest, actions: 'changeNothing' },
  astray: ({ target, ...rest }, siblings) => {
    const other = siblings.find((name) => name !== target);
    return typeof target !== 'string' || !siblings.includes(target) || other === undefined
      ? undefined
      : { ...rest, target: other };
  },
};

interface Place {
  readonly path: readonly string[];
  readonly event: string;
  readonly index: number;
}

function placesOf(state: Json, path: readonly string[]): Place[] {
  const own = Object.entries(isObject(state['on']) ? state['on'] : {}).flatMap(([event, transitions]) =>
    [transitions].flat().map((_, index) => ({ path, event, index })),
  );
  const states = isObject(state['states']) ? state['states'] : {};
  return [
    ...own,
    ...Object.entries(states).flatMap(([name, child]) =>
      isObject(child) ? placesOf(child, [...path, name]) : [],
    ),
  ];
}

interface Changing {
  readonly change: Change;
  readonly siblings?: readonly string[];
}

/** A copy with that one changed; undefined where the change does not apply. */
function changed(state: Json, place: Place, { change, siblings = [] }: Changing): Json | undefined {
  const [name, ...path] = place.path;
  const states = isObject(state['states']) ? state['states'] : {};
  if (name !== undefined) {
    const child = changed(
      states[name] as Json,
      { ...place, path },
      { change, siblings: Object.keys(states) },
    );
    return child && { ...state, states: { ...states, [name]: child } };
  }
  const on = state['on'] as Json;
  const all = [on[place.event]].flat() as Json[];
  const next = change(all[place.index] ?? {}, siblings);
  if (next === undefined) return undefined;
  const kept = all.flatMap((each, index) =>
    index !== place.index ? [each] : Object.keys(next).length > 0 ? [next] : [],
  );
  const { [place.event]: _event, ...others } = on;
  return { ...state, on: kept.length === 0 ? others : { ...on, [place.event]: kept } };
}
