/** One chart, step by step, through JSON after every step; with what it told others in the last one. */
import type { AnyMachineSnapshot, AnyStateMachine, StateValue } from 'xstate';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { persist, restore, start, step, verdict, type Step } from '../../runtime/core/chart.ts';
import type { Event } from '../../runtime/message.ts';

export interface Told {
  readonly to: string;
  readonly event: Event;
}

export interface ChartActor {
  readonly context: unknown;
  readonly state: StateValue;
  readonly told: readonly Told[];
  /** `accepted`, or the guards that said no; `-`: no transition at all. */
  try(event: Event): string;
  /** Throws where the chart refuses it, or an invariant of the definition does not hold after it. */
  send(...events: readonly Event[]): ChartActor;
  /** The event of a named delay. */
  wait(delay: string, state: string): ChartActor;
}

export function chartActor(
  definition: Pick<ActorDefinition, 'machine' | 'invariants' | 'events'>,
  input: unknown,
): ChartActor {
  return actorAt(definition, start(definition.machine, input));
}

type Definition = Parameters<typeof chartActor>[0];

function actorAt(definition: Definition, { snapshot: at, actions }: Step): ChartActor {
  const snapshot = throughJson(definition.machine, at);
  const { value: state, context } = snapshot as { value: StateValue; context: unknown };
  for (const [name, holds] of Object.entries(definition.invariants ?? {})) {
    if (!holds(context, state)) throw new Error(`${name}: ${JSON.stringify(context)}`);
  }

  function take(event: Event): ChartActor {
    const answer = verdict(snapshot, event);
    if (!answer.can)
      throw new Error(`${event.type} is refused by ${answer.guards.join(', ') || 'the chart'}`);
    return actorAt(definition, step(snapshot, event));
  }

  function parsed({ type, ...payload }: Event): Event {
    const schema = definition.events[type];
    if (schema === undefined) throw new Error(`${type} has no schema`);
    return { ...(schema.parse(payload) as object), type };
  }

  const self: ChartActor = {
    context,
    state,
    told: actions.filter(({ type }) => type === 'xstate.emit').map(({ params }) => toldBy(params)),
    try(event) {
      const answer = verdict(snapshot, parsed(event));
      if (answer.can) return 'accepted';
      return answer.guards.length > 0 ? answer.guards.join(', ') : '-';
    },
    send: (...events) =>
      events.reduce((actor, event) => (actor === self ? take(parsed(event)) : actor.send(event)), self),
    wait: (delay, place) => take({ type: `xstate.after.${delay}.${place}` }),
  };
  return self;
}

function throughJson(machine: AnyStateMachine, snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
  return restore(machine, JSON.parse(JSON.stringify(persist(snapshot))) as ReturnType<typeof persist>);
}

function toldBy(params: unknown): Told {
  const { to, event } = (params as { event: { to: { kind: string; id: string }; event: Event } }).event;
  return { to: `${to.kind}/${to.id}`, event };
}
