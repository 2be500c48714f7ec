import { expect, it } from 'vitest';
import { and, createMachine, fromPromise, not, setup } from 'xstate';
import { definitions } from '../../../actors/registry.ts';
import { chartOf } from '../../../http/chart.ts';
import { mermaidOf } from '../../../http/diagram/mermaid.ts';

const machine = setup({
  actors: { charge: fromPromise(() => Promise.reject(new Error('only a stub'))) },
  guards: { isOpen: () => true, isLate: () => true },
  actions: { note: () => undefined },
  delays: { patience: 1_000 },
}).createMachine({
  id: 'm',
  description: 'A test',
  initial: 'idle',
  states: {
    idle: {
      description: 'Waits',
      tags: 'quiet',
      entry: 'note',
      on: {
        go: [
          { guard: and(['isOpen', not('isLate')]), target: 'work' },
          { actions: 'note', description: 'Not now' },
        ],
      },
      after: { patience: { target: 'end' }, 500: { actions: 'note' } },
    },
    work: {
      type: 'parallel',
      on: { reset: { target: '.left.one' }, 'stop; now: "x"': { target: 'end' } },
      onDone: { target: 'end' },
      states: {
        left: {
          initial: 'one',
          states: { one: { always: { guard: 'isLate', target: 'two' } }, two: { type: 'final' } },
        },
        right: {
          initial: 'paying',
          states: {
            paying: {
              invoke: {
                src: 'charge',
                onDone: { target: 'paid' },
                onError: { target: 'paying', reenter: true },
              },
            },
            paid: { type: 'final' },
          },
        },
      },
    },
    end: { type: 'final' },
  },
});

it('walks every state with its transitions, timers and activities', () => {
  const { root, states } = chartOf(machine);
  expect(root).toMatchObject({ id: '', type: 'compound', initial: 'idle', description: 'A test' });
  expect(states.map(({ id }) => id)).toEqual([
    ...['idle', 'work', 'work.left', 'work.left.one', 'work.left.two'],
    ...['work.right', 'work.right.paying', 'work.right.paid', 'end'],
  ]);
  expect(states[0]).toEqual({
    id: 'idle',
    key: 'idle',
    type: 'atomic',
    description: 'Waits',
    tags: ['quiet'],
    entry: ['note'],
    on: {
      go: [
        { target: ['work'], guard: '(isOpen and not isLate)' },
        { actions: ['note'], description: 'Not now' },
      ],
    },
    after: [
      { delay: '500', actions: ['note'] },
      { delay: 'patience', target: ['end'] },
    ],
  });
  expect(states[1]?.done).toEqual([{ target: ['end'] }]);
  expect(states[6]?.invoke).toMatchObject([
    {
      source: 'charge',
      done: [{ target: ['work.right.paid'] }],
      error: [{ target: ['work.right.paying'], reenter: true }],
    },
  ]);
});

it('draws it', () => {
  expect(mermaidOf('m', chartOf(machine))).toMatchInlineSnapshot(`
    "stateDiagram-v2
      [*] --> s_idle
      state "idle" as s_idle
      state "work" as s_work {
        state "left" as s_work__left {
          [*] --> s_work__left__one
          state "one" as s_work__left__one
          state "two" as s_work__left__two
          s_work__left__one --> s_work__left__two : always [isLate]
          s_work__left__two --> [*]
        }
        --
        state "right" as s_work__right {
          [*] --> s_work__right__paying
          state "paying" as s_work__right__paying
          state "paid" as s_work__right__paid
          s_work__right__paying --> s_work__right__paid : charge done
          s_work__right__paying --> s_work__right__paying : charge failed
          s_work__right__paid --> [*]
        }
        --
        state "any" as s_work_any
      }
      state "end" as s_end
      s_idle --> s_work : go [(isOpen and not isLate)]
      s_idle --> s_idle : go
      s_idle --> s_idle : after 500
      s_idle --> s_end : after patience
      s_work_any --> s_work__left__one : reset
      s_work --> s_end : stop#59; now#58; #34;x#34;
      s_work --> s_end : done
      s_end --> [*]
    "
  `);
});

it('keeps the marks of different paths apart, and never uses a word of Mermaid', () => {
  const states = { 'a-b': {}, a_b: {}, end: {}, state: {}, a: { initial: 'b', states: { b: {} } } };
  const text = mermaidOf('x', chartOf(createMachine({ id: 'x', initial: 'end', states })));
  const marks = [...text.matchAll(/state "[^"]*" as (\w+)/g)].map(([, mark]) => mark);
  expect(new Set(marks).size).toBe(6);
  expect(marks.every((mark) => mark?.startsWith('s_'))).toBe(true);
});

it.each(definitions.map((definition) => [definition.kind, definition] as const))(
  'draws %s the same each time',
  (kind, { machine: chart }) => {
    const text = mermaidOf(kind, chartOf(chart));
    expect(mermaidOf(kind, chartOf(chart))).toBe(text);
    for (const { key } of chartOf(chart).states) expect(text).toContain(`state "${key}" as `);
    expect(text.split('{').length).toBe(text.split('}').length);
  },
);
