/** Every registered chart: walked, checked against XState, and played on both backends. Nothing here is by chart. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import { connectCluster } from '../../persistence/cluster.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock, systemRandom } from '../../persistence/system.ts';
import type { Backend } from '../../runtime/ports.ts';
import { silent } from '../support/loggers.ts';
import { createCleanUp, makeFolder } from '../support/places.ts';
import { isPatient } from '../support/random.ts';
import { writeReport } from '../support/report.ts';
import { coverageOf, failuresOf, playedRow, tableOf, type PlayedRow, type Row } from './coverage.ts';
import { differencesFromXState } from './oracle.ts';
import { play, waysOf, type Reach } from './play.ts';
import { wrongRefusals } from './refusals.ts';
import { openStage } from './stage.ts';
import { reachedBy } from './reached.ts';
import { walk, type Walk } from './walk.ts';
import type { Limits } from './walk-limits.ts';

/** A play is thousands of requests; how long they take is for the machine to say. */
const playMs = 240_000;

/** Of one chart on one backend. Every state and transition, whatever it takes; every configuration if there is time. */
const reach: Reach = isPatient ? { stepsMax: 1_000 } : { stepsMax: 300, fewConfigurations: true };

const cleanUp = createCleanUp();
const rows: Row[] = [];

afterAll(async () => {
  await cleanUp.run();
  // The page is to tell of all that is played, not of a part.
  if (isPatient) writeReport('model', rows);
  process.stdout.write(`\n${tableOf(rows)}\n`);
});

/** Enough to reach what the walk without them reaches, and fewer pairs of transitions. */
const limits: Partial<Limits> = isPatient ? {} : { payloadsMax: 20, turnsMax: 25_000 };

const backends: readonly [string, () => Promise<Backend>][] = [
  ['embedded', openEmbedded],
  ['cluster', openServers],
];

describe.each(definitions.map((definition) => [definition.kind, definition] as const))(
  '%s',
  (_, definition) => {
    const rowOf: Record<string, PlayedRow> = {};
    let walked: Walk;

    // Not while the tests are collected: what one chart throws is its own failure, and the others are tested.
    beforeAll(() => {
      walked = walk(definition, definitions, limits);
      rows.push({ ...coverageOf(walked), played: rowOf });
    });

    test('every state and every transition can be reached', () => {
      expect(failuresOf(walked)).toEqual([]);
    });

    test('every state and every transition that was reached can be played', () => {
      const { transitions, states } = reachedBy(waysOf(walked, { ...reach, fewConfigurations: true }).flat());
      expect(walked.reached.transitions.difference(transitions)).toEqual(new Set());
      expect(walked.reached.states.difference(states)).toEqual(new Set());
    });

    test('every turn goes where XState goes', () => {
      expect(differencesFromXState(walked)).toEqual([]);
    });

    test('every configuration refuses what its chart, as written, does not allow, and says why', () => {
      expect(wrongRefusals(walked)).toEqual([]);
    });

    test.each(backends)(
      '%s: is what the chart says after every step and every refusal',
      { timeout: playMs },
      async (name, open) => {
        const began = performance.now();
        const stage = await openStage(definition, definitions, await open());
        const result = await play(walked, stage, { reach }).finally(() => stage.close());
        rowOf[name] = playedRow(result, Math.round(performance.now() - began) / 1_000);
        expect(result.differences).toEqual([]);
        const played = [...new Set(waysOf(walked, reach).flat())];
        const { transitions, pairs } = reachedBy(played);
        expect([...result.transitions].sort()).toEqual([...transitions].sort());
        expect(result.pairs.size).toBe(pairs.size);
        expect(result.configurations).toBe(played.filter(({ isFirst }) => isFirst).length);
      },
    );
  },
);

async function openEmbedded(): Promise<Backend> {
  const folder = await makeFolder();
  cleanUp.add(folder.remove);
  return openSqlite({ file: join(folder.path, 'waybill.db'), clock: systemClock });
}

function openServers(): Promise<Backend> {
  return connectCluster({
    natsUrl: inject('natsUrl'),
    natsReplicas: 1,
    redisUrl: inject('redisUrl'),
    namespace: `model-${systemRandom.id()}`,
    partitions: 8,
    address: systemRandom.id(),
    mailboxKeepMs: 3_600_000,
    backlogMax: 2_000,
    logger: silent,
  });
}
