/** The tests that charts generate, tested: on a chart that has everything, and on charts with something wrong. */
import { describe, expect, test } from 'vitest';
import { createMemoryServer } from '../../persistence/memory/server.ts';
import { systemClock } from '../../persistence/system.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { counter, payer, regions, sleeper } from '../support/charts.ts';
import { growing, job, withCheckDigit, withIsland, withSecret } from './charts.ts';
import { coverageOf, failuresOf } from './coverage.ts';
import { mutantsOf } from './mutants.ts';
import { differencesFromXState } from './oracle.ts';
import { play, type Played } from './play.ts';
import { openStage } from './stage.ts';
import { walk, type Walk } from './walk.ts';

const walked = (definition: ActorDefinition): Walk => walk(definition, [definition]);

/** The ways of a walk, played by a definition that may be another one. */
async function playWith(way: Walk, definition: ActorDefinition, differencesMax = 20): Promise<Played> {
  const backend = createMemoryServer({ clock: systemClock }).connect('model');
  const stage = await openStage(definition, [definition], backend);
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
