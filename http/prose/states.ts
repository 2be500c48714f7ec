/** The tables of a kind that come from its chart: states, and what happens by itself after a time. */
import type { AnyStateMachine } from 'xstate';
import type { Chart, ChartState } from '../chart.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { code, durationInWords, table } from './words.ts';

export function statesTable({ states }: Chart, targets: ActorDefinition['targets']): string {
  return table(
    ['state', 'meaning', 'no longer than'],
    states.map((state) => {
      const target = targets[state.id];
      return [
        code(state.id),
        [state.description ?? '', ...marksOf(state)].join(' '),
        target === undefined ? '' : durationInWords(target.dwellMs),
      ];
    }),
  );
}

function marksOf({ type, tags = [] }: ChartState): string[] {
  if (type === 'final') return ['*(end)*'];
  if (type === 'parallel') return ['*(all of its parts at once)*'];
  return tags.includes('ended') ? ['*(end; it still answers)*'] : [];
}

/** Undefined: nothing happens by itself. */
export function timersTable({ root, states }: Chart, machine: AnyStateMachine): string | undefined {
  const rows = [root, ...states].flatMap((state) =>
    (state.after ?? []).map(({ delay, target = [], guard, description = '' }) => [
      state.id === '' ? 'in every state' : code(state.id),
      delayInWords(delay, machine),
      [
        target.length === 0
          ? 'stays'
          : target.map((id) => (id === state.id ? 'again' : `→ ${code(id)}`)).join(' '),
        ...(guard === undefined ? [] : [`if ${code(guard)}`]),
        description,
      ].join(' '),
      /^\d+$/.test(delay) ? '' : code(delay),
    ]),
  );
  return rows.length === 0 ? undefined : table(['in state', 'after', 'what happens', 'setting'], rows);
}

function delayInWords(delay: string, machine: AnyStateMachine): string {
  const { delays } = machine.implementations as { delays: Readonly<Record<string, unknown>> };
  const ms = /^\d+$/.test(delay) ? Number(delay) : delays[delay];
  return typeof ms === 'number' ? durationInWords(ms) : 'a time that it works out itself';
}

/** Where an event is listened to; a state that has it in a state around it is not named again. */
export function statesWith({ root, states }: Chart, type: string): string {
  if (root.on?.[type] !== undefined) return 'every state';
  const ids = states.filter(({ on }) => on?.[type] !== undefined).map(({ id }) => id);
  return ids
    .filter((id) => !ids.some((other) => id.startsWith(`${other}.`)))
    .map(code)
    .join(', ');
}
