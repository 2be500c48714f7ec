/** A chart that comes from outside: as `GET /machines/{kind}.json` of another build gives it. */
import { z } from 'zod';
import { statesWithRoot, transitionsOf, type ChartState } from '../chart.ts';
import { invalid } from '../problems.ts';

const statesMost = 300;
const name = z.string().min(1).max(300);
const text = z.string().max(2_000);
const path = z.string().max(2_000);

const transition = z.object({
  target: z.array(path).max(50).optional(),
  guard: text.optional(),
  actions: z.array(text).max(100).optional(),
  reenter: z.literal(true).optional(),
  description: text.optional(),
});
const transitions = z.array(transition).max(100);

const state = z.object({
  key: name,
  type: z.enum(['atomic', 'compound', 'parallel', 'final', 'history']),
  description: text.optional(),
  initial: path.optional(),
  tags: z.array(name).max(50).optional(),
  entry: z.array(text).max(100).optional(),
  exit: z.array(text).max(100).optional(),
  on: z.record(name, transitions).optional(),
  after: z
    .array(transition.extend({ delay: text }))
    .max(100)
    .optional(),
  always: transitions.optional(),
  done: transitions.optional(),
  invoke: z
    .array(z.object({ id: name, source: name, done: transitions.optional(), error: transitions.optional() }))
    .max(50)
    .optional(),
  get states() {
    return z.array(state).max(statesMost).optional();
  },
});

export const givenChart = state.omit({ key: true }).extend({
  kind: name,
  version: z.int().min(1),
  events: z.record(name, z.object({ schema: z.unknown() })),
});
export type GivenChart = z.output<typeof givenChart>;

/** With ids by its keys. Throws `invalid` where it has too many states, or leads to one that it does not have. */
export function rootOf({ kind, version: _, events: __, ...chart }: GivenChart): ChartState {
  const root = withIds({ ...chart, key: kind }, '');
  const states = statesWithRoot(root);
  if (states.length > statesMost)
    throw wrong('', `has ${states.length} states; at most ${statesMost} are compared`);
  const known = new Set(states.map(({ id }) => id));
  if (known.size < states.length) throw wrong('', 'has two states of the same path');
  for (const each of states) {
    const ends = [
      ...(each.initial === undefined ? [] : [each.initial]),
      ...transitionsOf(each).flatMap(({ target }) => target),
    ];
    const lost = ends.find((end) => !known.has(end));
    if (lost !== undefined) throw wrong(each.id, `leads to ${JSON.stringify(lost)}, which it does not have`);
  }
  return root;
}

function withIds({ states = [], ...rest }: z.output<typeof state>, id: string): ChartState {
  const inner = states.map((child) => withIds(child, id === '' ? child.key : `${id}.${child.key}`));
  const given = { ...rest, id, ...(inner.length === 0 ? {} : { states: inner }) };
  return given as ChartState;
}

function wrong(at: string, message: string): ReturnType<typeof invalid> {
  const where = at === '' ? 'the chart' : `state ${at}`;
  return invalid(`${where} ${message}`, [{ pointer: '/chart', message: `${where} ${message}` }]);
}
