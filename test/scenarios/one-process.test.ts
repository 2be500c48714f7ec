/** All scenarios in one process, with the durations that people get. */
import { describe, expect, test } from 'vitest';
import { scenarios } from './all.ts';
import { startProcess, type ProcessGiven } from './one-process.ts';
import { endOf, expectedEnd, playAll } from './play.ts';
import { titleOf } from './scenario.ts';
import { sendingTwice } from './twice.ts';

const cases = scenarios.map((scenario) => [titleOf(scenario), scenario] as const);
const ways: [string, ProcessGiven][] = [
  ['undisturbed', {}],
  ['every message three times', { wrap: sendingTwice }],
];

describe.each(ways)('%s', (_way, given) => {
  test.each(cases)('%s', async (_title, scenario) => {
    const world = await startProcess(given);
    const shop = await playAll(scenario, world);
    expect(await endOf(scenario, shop)).toEqual(expectedEnd(scenario, shop));
    // It stays so.
    await world.pass(60_000);
    expect(await scenario.look(shop)).toEqual(expectedEnd(scenario, shop));
    expect(world.errors).toEqual([]);
    world.stop();
  });
});
