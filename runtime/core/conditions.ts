/** What guards ask for, in the words of the definition. */
import type { StateNode } from 'xstate';
import type { ActorDefinition } from '../definition.ts';
import { guardName, matches } from './chart.ts';

type Given = Pick<ActorDefinition, 'conditions'>;

/** A guard that is made of others names them. */
export function conditionsOf({ conditions = {} }: Given, guards: readonly string[]): string[] {
  return [...new Set(guards.flatMap(namesIn))].flatMap((name) => wordsFor(conditions, name) ?? []);
}

/** A transition without a guard behind those with one takes the event in any case. */
export function checkConditions(
  { conditions, commands, machine }: Pick<ActorDefinition, 'conditions' | 'commands' | 'machine'>,
  nodes: readonly StateNode[],
): string[] {
  if (conditions === undefined) return [];
  const { guards = {} } = machine.implementations as { guards?: Readonly<Record<string, unknown>> };
  const types = Object.keys(commands);
  const refusing = nodes
    .flatMap((node) => [...node.transitions])
    .filter(([descriptor]) => types.some((type) => matches(descriptor, type)))
    .filter(([, ways]) => ways.every(({ guard }) => guard !== undefined))
    .flatMap(([, ways]) => ways.flatMap(({ guard }) => namesIn(guardName(guard))))
    .filter((name) => Object.hasOwn(guards, name));
  return [
    ...[...new Set(refusing)]
      .filter((name) => (wordsFor(conditions, name) ?? '').trim() === '')
      .map((name) => `guard ${name} can refuse a command, but has no words in conditions`),
    ...Object.keys(conditions)
      .filter((name) => !Object.hasOwn(guards, name))
      .map((name) => `conditions has ${name}, which is no guard of the chart`),
  ];
}

function namesIn(guard: string): readonly string[] {
  return guard.match(/\w+/g) ?? [];
}

function wordsFor(conditions: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(conditions, name) ? conditions[name] : undefined;
}
