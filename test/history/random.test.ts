/** The checker on random histories: what really ran is accepted, the same with one lie in it is not. */
import { describe, expect, test } from 'vitest';
import { seededRandom, seeds, type SeededRandom } from '../support/random.ts';
import { chartModel } from './chart-model.ts';
import { linearize } from './linearize.ts';
import type { ClientOperation, InternalOperation, Operation } from './operation.ts';
import { answered, createStory, draft, order, registry, unanswered, type Step } from './story.ts';

const model = chartModel(registry, order);
const clients = 16;

describe.each(seeds(20))('seed %i', (seed) => {
  test('accepts what really ran, also where answers were lost', () => {
    const random = seededRandom(seed);
    const { told, heard } = randomHistory(random, 120);
    expect(verdictOf([...told, ...heard])).toBe('linearizable');
    const lossy = told.map((each) => (isCommand(each) && random.chance(0.1) ? unanswered(each) : each));
    expect(verdictOf([...lossy, ...heard])).toBe('linearizable');
  });

  test.each(Object.keys(lies))('finds %s', (name) => {
    const random = seededRandom(seed);
    const { told, heard } = randomHistory(random, 120);
    expect(verdictOf([...(lies[name]?.(told, random) ?? told), ...heard])).toBe('not linearizable');
  });
});

test('judges 1,000 operations of 16 clients on one actor, some of them unanswered', () => {
  const random = seededRandom(1);
  const { told, heard } = randomHistory(random, 1_000);
  const lossy = told.map((each) => (isCommand(each) && random.chance(0.03) ? unanswered(each) : each));
  const verdict = linearize([...lossy, ...heard], model);
  expect(verdict.verdict).toBe('linearizable');
  expect(verdict.steps).toBeLessThan(200_000);
});

function verdictOf(operations: readonly Operation[]): string {
  return linearize(operations, model).verdict;
}

interface History {
  readonly told: readonly ClientOperation[];
  /** What others told the order, as soon as it was placed. */
  readonly heard: readonly InternalOperation[];
}

/** Each takes effect somewhere between its begin and its answer; a client has one at a time. */
function randomHistory(random: SeededRandom, count: number): History {
  const story = createStory();
  const free = Array.from({ length: clients }, () => 0);
  const told = [story.tell({ command: 'create', body: draft, at: [-2, -1] })];
  const heard: InternalOperation[] = [];
  for (let now = 1; told.length < count; now += 1) {
    const client = random.below(clients);
    const [since = 0] = [free[client]];
    if (since >= now) continue;
    const invoked = Math.max(since + random.next() * 0.01, now - random.next() * clients);
    const returned = now + random.next() * clients;
    free[client] = returned;
    const step = story.tell({ ...randomStep(random), at: [invoked, returned] });
    told.push(step);
    if (step.command === 'place' && isAccepted(step)) heard.push(...story.supply());
  }
  return { told, heard };
}

function randomStep(random: SeededRandom): Omit<Step, 'at'> {
  const handle = random.pick(['fraud', 'address', 'customs']);
  return random.pick([
    { command: 'read' },
    { command: 'place' },
    { command: 'hold', body: { handle, reason: 'looks odd' } },
    { command: 'release', body: { handle } },
    { command: 'change-address', body: { shipTo: { ...draft.shipTo, line1: `${random.below(99)} Way` } } },
  ]);
}

type Lie = (operations: readonly ClientOperation[], random: SeededRandom) => Operation[];

/** Each is certainly wrong, wherever it is put. */
const lies: Readonly<Record<string, Lie>> = {
  'two answers that are swapped': (operations, random) => {
    const accepted = apart(operations.filter(isAccepted), random);
    return operations.map((each) => {
      const other = accepted.find((one) => one !== each);
      return accepted.includes(each) && other !== undefined ? answered(each, other.result) : each;
    });
  },
  'a write that is missing': (operations, random) => {
    const missing = random.pick(operations.filter(isAccepted).slice(1, -1));
    return operations.filter((each) => each !== missing);
  },
  'a version that was not made': (operations, random) => {
    const one = random.pick(operations.filter(isAccepted));
    return operations.map((each) => {
      const { result } = each;
      return each === one && result.outcome === 'accepted'
        ? answered(each, { ...result, version: (result.version ?? 0) + 1 })
        : each;
    });
  },
  'a read of long ago': (operations, random) => {
    const [, later] = apart(operations.filter(isAccepted), random);
    const read = operations.find(({ command }) => command === 'read');
    if (later === undefined || read === undefined) throw new Error('there are reads and writes');
    const stale = { ...read, invoked: later.returned + 0.001, returned: later.returned + 0.002 };
    return [...operations, answered(stale, { outcome: 'read', view: { version: (later.claim ?? 0) - 1 } })];
  },
  'a read of what is yet to be': (operations, random) => {
    const [, later] = apart(operations.filter(isAccepted), random);
    const read = operations.find(({ command }) => command === 'read');
    if (later === undefined || read === undefined) throw new Error('there are reads and writes');
    const early = { ...read, invoked: later.invoked - 0.002, returned: later.invoked - 0.001 };
    return [...operations, answered(early, { outcome: 'read', view: { version: later.claim ?? 0 } })];
  },
};

/** Two of which the first was answered before the second began, in this order. */
function apart(operations: readonly ClientOperation[], random: SeededRandom): ClientOperation[] {
  for (;;) {
    const one = random.pick(operations);
    const other = random.pick(operations);
    if (one.returned < other.invoked) return [one, other];
  }
}

function isAccepted({ result }: ClientOperation): boolean {
  return result.outcome === 'accepted';
}

function isCommand({ command }: ClientOperation): boolean {
  return command !== 'read' && command !== 'create';
}
