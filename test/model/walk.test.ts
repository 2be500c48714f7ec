/** The tests that charts generate, tested: on a chart that has everything, and on charts with something wrong. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createMemoryServer } from '../../persistence/memory/server.ts';
import { systemClock } from '../../persistence/system.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { counter, payer, regions, sleeper } from '../support/charts.ts';
import { growing, job, telling, withCheckDigit, withIsland, withPayload, withSecret } from './charts.ts';
import { coverageOf, failuresOf, tableOf } from './coverage.ts';
import { mutantsOf } from './mutants.ts';
import { differencesFromXState } from './oracle.ts';
import { play, type Played } from './play.ts';
import { openStage } from './stage.ts';
import { walk, type Walk } from './walk.ts';

const walked = (definition: ActorDefinition): Walk => walk(definition, [definition]);

/** The ways of a walk, played by a definition that may be another one. */
async function playWith(way: Walk, definition: ActorDefinition, differencesMax = 20): Promise<Played> {
  const backend = createMemoryServer({ clock: systemClock }).connect('model');
  const stage = await openStage(definition, [definition, ...way.others], backend);
  return play(way, stage, { differencesMax }).finally(() => stage.close());
}

describe.each([job, payer, regions].map((definition) => [definition.kind, definition] as const))(
  '%s',
  (_, definition) => {
    test('every state, transition and guard is reached, and nothing is cut', () => {
      const result = walked(definition);
      const { guardsMissing, cut } = coverageOf(result);
      expect(failuresOf(result)).toEqual([]);
      expect(guardsMissing).toEqual([]);
      expect(cut).toEqual([]);
      expect(differencesFromXState(result)).toEqual([]);
    });

    test('it plays as it was walked', async () => {
      const result = walked(definition);
      const { differences, transitions, pairs, configurations } = await playWith(result, definition);
      expect(differences).toEqual([]);
      expect([...transitions].sort()).toEqual(result.traced.edges.map(({ id }) => id).sort());
      expect(pairs.size).toBe(result.reached.pairs.size);
      expect(configurations).toBe(coverageOf(result).configurations);
    });
  },
);

test('timers that a guard refuses are spent, and the way goes on without them', async () => {
  const result = walked(sleeper);
  expect(result.visited.some(({ move }) => move.refused === 'guard')).toBe(true);
  expect((await playWith(result, sleeper)).differences).toEqual([]);
});

test('names a state that nothing leads to, and the transitions from there', () => {
  expect(failuresOf(walked(withIsland()))).toEqual([
    'probe: state island was not reached',
    'probe: transition island probe.go → here was not reached: nothing leads to island',
  ]);
});

test('takes a reason for what need not be reached, but not for what is reached', () => {
  expect(failuresOf(walked(withIsland({ unreached: { island: 'kept for old actors' } })))).toEqual([]);
  expect(failuresOf(walked(withIsland({ unreached: { island: 'old', there: 'wrong' } })))).toEqual([
    'probe: unreached names there, which is reached, or is no state or transition',
  ]);
});

test('names the guard that no payload passes; an example passes it', () => {
  expect(failuresOf(walked(withSecret()))).toEqual([
    'probe: state inside was not reached',
    'probe: transition outside probe.enter → inside was not reached: nothing that was tried for probe.enter passes its guard isSecret; give it examples',
  ]);
  const code = 'open sesame';
  expect(failuresOf(walked(withSecret({ examples: { 'probe.enter': [{ code }] } })))).toEqual([]);
  expect(failuresOf(walked(withSecret({ examples: { 'probe.enter': () => [{ code }] } })))).toEqual([]);
});

test('names an example that does not fit its schema', () => {
  const examples = { 'probe.enter': [{ code: 7 }, { code: 'open sesame' }] };
  expect(failuresOf(walked(withSecret({ examples })))).toEqual([
    'probe: event probe.enter: an example does not fit its schema',
  ]);
});

test('names an event without payload', () => {
  expect(failuresOf(walked(withCheckDigit()))).toContain(
    'probe: event probe.enter: no payload fits its schema: give it examples',
  );
});

test('walks and plays a chart with a tuple', async () => {
  const definition = withPayload(z.strictObject({ pair: z.tuple([z.string(), z.int()]) }));
  const result = walked(definition);
  expect(failuresOf(result)).toEqual([]);
  expect((await playWith(result, definition)).differences).toEqual([]);
});

test('names kind and event where making payloads throws', () => {
  const asynchronous = z.strictObject({ code: z.string().refine(() => Promise.resolve(true)) });
  expect(failuresOf(walked(withPayload(asynchronous)))).toContainEqual(
    expect.stringMatching(/^probe: event probe\.enter: its payloads cannot be made: ./),
  );
  const failing = () => {
    throw new Error('a bug in the examples');
  };
  const examples = { 'probe.enter': failing };
  expect(failuresOf(walked(withPayload(z.strictObject({}), { examples })))).toContain(
    'probe: event probe.enter: its payloads cannot be made: a bug in the examples',
  );
  expect(failuresOf(walked(withIsland({ examples: { 'probe.create': failing } })))).toContain(
    'probe: event probe.create: its payloads cannot be made: a bug in the examples',
  );
  expect(failuresOf(walked({ ...job, examples: { inspect: failing } }))).toContain(
    'job: activity inspect: its payloads cannot be made: a bug in the examples',
  );
});

test('plays with an example where the schema takes no other payload', async () => {
  const code = 'model-97';
  for (const examples of [[{ code: 7 }, { code }], () => [{ code }]]) {
    const definition = withCheckDigit({ examples: { 'probe.enter': examples } });
    const { differences, forbidden } = await playWith(walked(definition), definition);
    expect(differences).toEqual([]);
    expect(forbidden).toBeGreaterThan(0);
  }
});

test('plays with a payload that is not the first one made', async () => {
  const greatest = z.strictObject({ count: z.int().min(1).max(9) }).refine(({ count }) => count === 9);
  const definition = withPayload(greatest);
  const result = walked(definition);
  expect(failuresOf(result)).toEqual([]);
  expect((await playWith(result, definition)).differences).toEqual([]);
});

test('a partner is made with an example where its schema takes no other payload', async () => {
  const input = z.strictObject({ code: z.string().refine((text) => text.endsWith('-97')) });
  const partnerWith = (rest: Partial<ActorDefinition>): ActorDefinition => ({ ...counter, input, ...rest });
  const definition = telling((id) => ({
    to: { kind: 'counter', id },
    event: { type: 'counter.add', by: 1 },
  }));
  const playedWith = async (partner: ActorDefinition) =>
    (await playWith(walk(definition, [definition, partner]), definition)).differences;
  const codes = { 'counter.create': [{ code: 7 }, { code: 'model-97' }] };
  expect(await playedWith(partnerWith({ examples: codes }))).toEqual([]);
  expect(await playedWith(partnerWith({}))).toContainEqual(
    expect.stringContaining('counter: event counter.create: no payload fits its schema: give it examples'),
  );
});

test('names the transition that sends a message to itself, and plays the rest', async () => {
  const definition = telling((id) => ({ to: { kind: 'probe', id }, event: { type: 'probe.go' } }));
  const result = walked(definition);
  expect(failuresOf(result)).toEqual([
    'probe: transition here probe.tell → there sends probe.go to itself, which cannot be played: the stage delivers it, and the walk does not; raise it instead, or test it by hand',
  ]);
  expect(coverageOf(result).cut).toEqual([]);
  const { differences, refusals } = await playWith(result, definition);
  expect(differences).toEqual([]);
  expect(refusals).toBeGreaterThan(0);
});

test('says that messages to others of the own kind are not compared', async () => {
  const definition = telling((id) => ({ to: { kind: 'probe', id: `${id}x` }, event: { type: 'probe.go' } }));
  const result = walked(definition);
  expect(failuresOf(result)).toEqual([]);
  expect(coverageOf(result).cut).toEqual([
    'transition here probe.tell → there sends probe.go to others of its own kind: what they hear is not compared',
  ]);
  expect((await playWith(result, definition)).differences).toEqual([]);
});

test('counts the pairs of transitions that could be, and names those that were not found', () => {
  const there = 'here probe.tell → there';
  const back = 'there probe.go → here';
  const message = () => ({ to: { kind: 'counter', id: 'x' }, event: { type: 'counter.add' } });
  const definition = telling(message);
  const { pairs, pairsMissing } = coverageOf(walk(definition, [definition, counter]));
  expect(pairs).toEqual([2, 2]);
  expect(pairsMissing).toEqual({ count: 0, named: [] });
  const cut = coverageOf(walk(definition, [definition, counter], { depthMax: 2 }));
  expect(cut.pairs).toEqual([0, 1]);
  expect(cut.pairsMissing).toEqual({ count: 1, named: [`${there} then ${back}`] });
  expect(tableOf([{ ...cut, played: {} }])).toMatch(
    new RegExp(`0/1 .*\n\nprobe: 1 pairs were not found\n  ${there} then ${back}$`),
  );
});

test('names at most fifty pairs that were not found, and says how many there are', () => {
  const coverage = coverageOf(walk(growing(), [], { repeatMax: 2 }));
  const [found, possible] = coverage.pairs;
  expect(coverage.pairsMissing.count).toBe(possible - found);
  expect(coverage.pairsMissing.named).toHaveLength(50);
  expect(tableOf([{ ...coverage, played: {} }])).toContain(`\n  and ${possible - found - 50} more`);
});

test('names the payload event that makes a chart fail', () => {
  expect(failuresOf(walked(counter))).toContain(
    'counter: event counter.spoil in open makes the chart fail: a bug in the chart',
  );
});

test('ends with a chart that grows without bound, and says what was cut', () => {
  const definition = growing();
  const { cut } = coverageOf(walked(definition));
  expect(cut).toContain('probe.add was repeated 64 times, and each led further');
  const few = coverageOf(walk(definition, [definition], { turnsMax: 50, depthMax: 10, visitedMax: 20 }));
  expect(few.turns).toBeLessThan(500);
  expect(few.cut).not.toEqual([]);
  expect(coverageOf(walk(job, [job], { visitedMax: 5 })).cut).toEqual([
    expect.stringMatching(/^\d+ of \d+ records were not walked on from \(visitedMax\)$/),
  ]);
  expect(coverageOf(walk(job, [job], { depthMax: 2 })).cut).toEqual(['no way is followed beyond 2 steps']);
});

test('playing finds every transition that is gone, led astray, without its guard or its actions', async () => {
  const way = walked(job);
  const mutants = mutantsOf(job);
  const found = await Promise.all(
    mutants.map(async ({ name, definition }) => {
      try {
        return { name, found: (await playWith(way, definition, 1)).differences.length > 0 };
      } catch (error) {
        // A chart that nobody listens in any more does not even start.
        if (!(error instanceof TerminalError)) throw error;
        return { name, found: true };
      }
    }),
  );
  expect(mutants.length).toBeGreaterThan(10);
  expect(found.filter((each) => !each.found)).toEqual([]);
});
