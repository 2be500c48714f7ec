/**
 * All scenarios on the real program with its embedded backend; also with a kill between every two steps, or,
 * where there is no time, after every other one: on NATS and Redis it is after each.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCleanUp, makeFolder } from '../support/places.ts';
import { isPatient } from '../support/random.ts';
import { scenarios } from './all.ts';
import { playOnPrograms, type Played } from './program.ts';
import { titleOf } from './scenario.ts';

const cases = scenarios.map((scenario) => [titleOf(scenario), scenario] as const);
const cleanUp = createCleanUp();
afterAll(cleanUp.run);

describe.each([
  ['undisturbed', {}],
  ['killed between steps', { killEvery: isPatient ? 1 : 2 }],
])('%s', (_way, kills) => {
  let played: Played;
  beforeAll(async () => {
    const folder = await makeFolder();
    cleanUp.add(folder.remove);
    played = await playOnPrograms(scenarios, {
      env: (name) => ({
        WAYBILL_BACKEND: 'embedded',
        WAYBILL_DATA: join(folder.path, `${name}.db`),
        WAYBILL_PARTITIONS: '4',
      }),
      ...kills,
    });
    cleanUp.add(played.close);
  }, 600_000);

  test.each(cases)('%s', (_title, scenario) => {
    const { is, should } = played.ending(scenario);
    expect(is).toEqual(should);
  });
});
