import { test, expect } from 'vitest';
import { z } from 'zod';
import { setup } from 'xstate';
import { paymentWith } from '../../actors/payment.ts';
import { defaultDurations } from '../../machines/durations.ts';
import { paymentAnswers } from '../../machines/payment.events.ts';
import { checkDefinition } from '../../runtime/check.ts';
import { anyone, defineActor } from '../../runtime/definition.ts';
import { walk } from '../model/walk.ts';
import { coverageOf, failuresOf } from '../model/coverage.ts';
import { differencesFromXState } from '../model/oracle.ts';
const def = paymentWith({ durations: defaultDurations, gateways: [] });
const order = defineActor({
  kind: 'order',
  plural: 'orders',
  version: 1,
  events: { ...paymentAnswers, 'order.create': z.strictObject({}) },
  input: z.strictObject({}),
  create: { event: 'order.create' },
  commands: {},
  readers: {},
  view: (c) => c,
  machine: setup({ actions: {} }).createMachine({
    id: 'order',
    description: 'x',
    context: {},
    initial: 'a',
    states: {
      a: {
        description: 'a',
        on: Object.fromEntries(Object.keys(paymentAnswers).map((k) => [k, { target: 'a', reenter: true }])),
      },
    },
  }) as never,
});
test('check', () => {
  expect(checkDefinition(def)).toEqual([]);
});
test('walk', () => {
  const w = walk(def, [def, order]);
  console.log(w.turns, w.visited.length, w.cut, w.problems.slice(0, 5));
  console.log(JSON.stringify(failuresOf(w), null, 1).slice(0, 6000));
  console.log(JSON.stringify(coverageOf(w)).slice(0, 600));
  expect(differencesFromXState(w)).toEqual([]);
}, 300000);
