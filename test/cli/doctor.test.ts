/** What the doctor finds in stored actors, whatever their charts. */
import { assign, setup } from 'xstate';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { examine, type Diagnosis } from '../../cli/doctor/doctor.ts';
import type { Relation, Standing } from '../../cli/doctor/related.ts';
import { isClean, reportJson, reportText } from '../../cli/doctor/report.ts';
import { readDoctor } from '../../cli/doctor/request.ts';
import type { DoctorSource } from '../../cli/doctor/source.ts';
import { addressOf } from '../../runtime/address.ts';
import { anyone, defineActor, type ActorDefinition } from '../../runtime/definition.ts';
import type { DeadEntry } from '../../runtime/reading/dead-letters.ts';
import type { DeadLetter } from '../../runtime/core/entry.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { epoch } from '../support/clock.ts';
import { fromActor } from '../support/messages.ts';
import { actor } from '../support/turns.ts';

type JobEvent = { type: `job.${'ask' | 'answer' | 'file' | 'note'}` };

/** Two regions: one waits for people, then for another actor, then for nobody; in the other one, notes are made. */
const machine = setup({
  types: {
    context: {} as { id: string; asked: number; limit: number },
    events: {} as JobEvent,
    input: {} as { id: string; limit: number },
    tags: {} as 'ended',
  },
  actions: { countAsked: assign({ asked: ({ context }) => context.asked + 1 }), noteIt: assign({}) },
}).createMachine({
  id: 'job',
  description: 'A job',
  context: ({ input }) => ({ ...input, asked: 0 }),
  type: 'parallel',
  states: {
    work: {
      description: 'The work',
      initial: 'open',
      states: {
        open: {
          description: 'People may ask',
          on: { 'job.ask': { target: 'waiting', actions: 'countAsked' } },
        },
        waiting: { description: 'Somebody is to answer', on: { 'job.answer': { target: 'answered' } } },
        answered: {
          description: 'Done',
          tags: 'ended',
          on: { 'job.ask': { target: 'waiting', actions: 'countAsked' } },
        },
      },
    },
    notes: { description: 'Notes', on: { 'job.note': { actions: 'noteIt' } } },
  },
});

const nothing = z.strictObject({}).describe('x');
const job: ActorDefinition = defineActor({
  kind: 'job',
  plural: 'jobs',
  version: 1,
  machine,
  input: z.strictObject({ limit: z.int().default(9) }),
  create: { event: 'job.create' },
  events: { 'job.ask': nothing, 'job.answer': nothing, 'job.note': nothing },
  commands: { 'job.ask': { user: anyone } },
  readers: { user: anyone },
  view: (context) => context as unknown,
  targets: { 'work.open': { dwellMs: 60_000 } },
  invariants: {
    'it is not asked more often than its limit': ({ asked, limit }) => Number(asked) <= Number(limit),
  },
});

const registry = createRegistry([job]);

/** The record of a job that has heard these events, a second after each other. */
function jobText(id: string, events: readonly JobEvent['type'][] = [], limit = 9): string {
  const made = actor(job, { id, input: { limit } });
  events.forEach((type, index) => {
    made.take(fromActor(`job/${id}`, type, { number: index + 1 }), epoch + (index + 1) * 1_000);
  });
  return made.text();
}

interface Stored {
  readonly records?: readonly string[];
  /** At the second look; the same unless given. */
  readonly later?: readonly string[];
  readonly letters?: readonly DeadEntry[];
}

function sourceOf(records: readonly string[], { letters = [] }: Stored): DoctorSource {
  const byKey = new Map<string, string>(
    records.flatMap((text) => {
      const id = /"id":"([^"]*)"/.exec(text)?.[1];
      return id === undefined ? [] : [[`job/${id}`, text] as const];
    }),
  );
  return {
    place: 'memory',
    async *pages() {
      for (let at = 0; at < records.length; at += 2) yield await Promise.resolve(records.slice(at, at + 2));
    },
    records: (keys) => Promise.resolve(keys.map((key) => byKey.get(key))),
    async *deadLetters() {
      for (const letter of letters) yield await Promise.resolve(letter);
    },
    close: () => Promise.resolve(),
  };
}

const minute = 60_000;

function examineStored(
  stored: Stored,
  given: { now?: number; limit?: number; deadSince?: number; relations?: readonly Relation[] } = {},
): Promise<Diagnosis> {
  const { records = [], later = records } = stored;
  let opened = 0;
  return examine({
    ...{ registry, relations: [], now: epoch + 10_000, limit: 5, deadSince: 0, ...given },
    open: () => Promise.resolve(sourceOf(opened++ === 0 ? records : later, stored)),
    pause: () => Promise.resolve(),
  });
}

test('actors that are well give a clean report', async () => {
  const diagnosis = await examineStored({ records: [jobText('a'), jobText('b'), jobText('c')] });
  expect(isClean(diagnosis)).toBe(true);
  expect(reportText(diagnosis)).toBe('memory: job 3\nNothing is broken, and nothing is stuck.\n');
});

test('an invariant that does not hold is named, with who and since when', async () => {
  const diagnosis = await examineStored({ records: [jobText('a'), jobText('b', ['job.ask'], 0)] });
  const { count, findings } = diagnosis.findings.tally('broken');
  expect([count, findings]).toEqual([
    1,
    [
      {
        check: 'broken',
        actors: [{ kind: 'job', id: 'b', version: 2 }],
        what: 'it is not asked more often than its limit',
        since: epoch + 1_000,
      },
    ],
  ]);
});

test('a record that does not fit its chart is told, and hides no other', async () => {
  const wrong = jobText('b').replace('"work":"open"', '"work":"away"');
  const diagnosis = await examineStored({ records: [wrong, '{', jobText('c', ['job.ask'], 0)] });
  const { count, findings } = diagnosis.findings.tally('unreadable');
  expect(count).toBe(2);
  expect(findings.map(({ actors }) => actors[0]?.id)).toEqual(['unknown', 'b']);
  expect(diagnosis.findings.tally('broken').count).toBe(1);
});

describe('longer in a state than its target', () => {
  test('counts from the last change where that is long enough ago', async () => {
    const now = epoch + 5 * minute;
    const diagnosis = await examineStored({ records: [jobText('a')] }, { now });
    const [finding] = diagnosis.findings.tally('stuck').findings;
    expect(finding).toMatchObject({ what: 'in work.open, target 1 min', since: epoch });
    expect(reportText(diagnosis)).toContain('Longer in a state than its target: 1\n  job/a: in work.open');
    expect(reportText(diagnosis)).toContain(', 5 min');
  });

  test('a change in another region is none of this one', async () => {
    const now = epoch + 5 * minute;
    const noted = jobText('a', ['job.note']).replace(/"updatedAt":\d+/, `"updatedAt":${now - 1}`);
    const stuck = await examineStored({ records: [noted] }, { now });
    expect(stuck.findings.tally('stuck').findings).toMatchObject([{ since: epoch }]);
  });

  test('who has left a state and come back is in it from then on', () => {
    const { since } = JSON.parse(jobText('a', ['job.ask', 'job.answer', 'job.ask'])) as { since: number[] };
    // work, work.waiting, notes
    expect(since).toEqual([epoch, epoch + 3_000, epoch]);
  });

  test('who is within its target is not told', async () => {
    const diagnosis = await examineStored({ records: [jobText('a')] }, { now: epoch + minute });
    expect(isClean(diagnosis)).toBe(true);
  });
});

describe('invariant 32: no live actor waits for nothing', () => {
  const waiting = jobText('a', ['job.ask']);

  test('one that nothing could move is told', async () => {
    const diagnosis = await examineStored({ records: [waiting] });
    expect(diagnosis.findings.tally('idle').findings).toMatchObject([
      { actors: [{ id: 'a', version: 2 }], what: 'in work.waiting and notes' },
    ]);
  });

  test('one that has moved on at the second look is not', async () => {
    const later = [jobText('a', ['job.ask', 'job.answer'])];
    const diagnosis = await examineStored({ records: [waiting], later });
    expect([isClean(diagnosis), diagnosis.passing]).toEqual([true, 1]);
    expect(reportText(diagnosis)).toContain('1 more had gone or moved on at the second look.');
  });

  test('one that has ended is not, nor one that a person can move', async () => {
    const diagnosis = await examineStored({
      records: [jobText('a', ['job.ask', 'job.answer']), jobText('b')],
    });
    expect([isClean(diagnosis), diagnosis.passing]).toEqual([true, 0]);
  });

  test('one with a timer or an activity is not', async () => {
    const timer = { later: { event: { type: 'job.answer' }, at: epoch, token: 't' } };
    const timed = waiting.replace('"timers":{}', `"timers":${JSON.stringify(timer)}`);
    const activity = { call: { source: 'call', input: {}, token: 't', startedAt: epoch } };
    const active = waiting.replace('"activities":{}', `"activities":${JSON.stringify(activity)}`);
    expect(isClean(await examineStored({ records: [timed, active.replace('"id":"a"', '"id":"b"')] }))).toBe(
      true,
    );
  });
});

/** Each job has its successor in the alphabet, with as high a limit. */
const successor: Relation = {
  name: 'limits are equal',
  kind: 'job',
  others: ({ id }) => (id === 'z' ? [] : [next(id)]),
  faults: (standing, find) => {
    const other = find(next(standing.id));
    if (standing.id === 'z') return [];
    if (other === undefined) return [`${next(standing.id).id} is missing`];
    return limitOf(other) === limitOf(standing) ? [] : [`${limitOf(standing)} and ${limitOf(other)}`];
  },
};

function next(id: string): { kind: string; id: string } {
  return { kind: 'job', id: String.fromCharCode(id.charCodeAt(0) + 1) };
}

function limitOf({ context }: Standing): number {
  return (context as { limit: number }).limit;
}

describe('between actors', () => {
  const relations = [successor];

  test('what two say against each other is told with both, also where they are pages apart', async () => {
    const records = [
      jobText('v', [], 3),
      jobText('w', [], 3),
      jobText('x', [], 4),
      jobText('y', [], 4),
      jobText('z', [], 4),
    ];
    const diagnosis = await examineStored({ records }, { relations });
    expect(diagnosis.findings.tally('contradiction').findings).toEqual([
      {
        check: 'contradiction',
        actors: [
          { kind: 'job', id: 'w', version: 1 },
          { kind: 'job', id: 'x', version: 1 },
        ],
        what: 'limits are equal: 3 and 4',
        since: epoch,
      },
    ]);
    expect(reportText(diagnosis)).toContain('  job/w (with job/x): limits are equal: 3 and 4; since ');
  });

  test('it counts only where all of them stand still', async () => {
    const records = [jobText('y', [], 3), jobText('z', [], 4)];
    const later = [jobText('y', [], 3), jobText('z', ['job.note'], 4)];
    const diagnosis = await examineStored({ records, later }, { relations });
    expect([isClean(diagnosis), diagnosis.passing]).toEqual([true, 1]);
  });

  test('one that is missing has to be missing still', async () => {
    const records = [jobText('y')];
    expect(isClean(await examineStored({ records }, { relations }))).toBe(false);
    const later = [jobText('y'), jobText('z')];
    expect(isClean(await examineStored({ records, later }, { relations }))).toBe(true);
  });
});

describe('dead letters', () => {
  const letter = (id: string, at: number, cause: string): DeadLetter => ({
    ...{ id, at, cause, to: addressOf(`job/${id}`), message: '{}' },
  });
  const letters = [
    letter('m1', epoch + 2_000, 'job/m1: the chart failed'),
    letter('m2', epoch + 1_000, 'job/m2: the chart failed'),
    letter('m3', epoch + 3_000, 'it does not parse'),
  ];

  test('are counted by cause, with the oldest', async () => {
    const { count, findings } = (await examineStored({ letters })).findings.tally('dead');
    expect(count).toBe(3);
    expect(findings.map(({ what, since }) => [what, since])).toEqual([
      ['2 × job: the chart failed; the oldest is m2', epoch + 1_000],
      ['1 × it does not parse; the oldest is m3', epoch + 3_000],
    ]);
  });

  test('do not count once somebody has settled them', async () => {
    const by = { subject: 'olga', roles: ['admin'], warehouses: [] };
    const settled = { settles: 'm3', how: 'discarded' as const, at: epoch, by, reason: 'a test' };
    const { count, findings } = (await examineStored({ letters: [...letters, settled] })).findings.tally(
      'dead',
    );
    expect([count, findings.length]).toEqual([2, 1]);
  });

  test('older ones can be left out', async () => {
    const diagnosis = await examineStored({ letters }, { deadSince: epoch + 2_500 });
    expect(diagnosis.findings.tally('dead').count).toBe(1);
  });

  test('many causes are counted together', async () => {
    const many = Array.from({ length: 300 }, (_, index) => letter('m', epoch, `cause ${index}`));
    const { count, findings } = (await examineStored({ letters: many }, { limit: 1_000 })).findings.tally(
      'dead',
    );
    expect([count, findings.length]).toEqual([300, 101]);
  });
});

test('of very many findings the oldest are shown, and all are counted', async () => {
  const records = Array.from({ length: 1_000 }, (_, index) =>
    jobText(`j${index}`, ['job.ask'], 0).replace(
      /"updatedAt":\d+/,
      `"updatedAt":${epoch + ((index * 7) % 1_000)}`,
    ),
  );
  const diagnosis = await examineStored({ records }, { limit: 3 });
  const { count, findings } = diagnosis.findings.tally('broken');
  expect([count, findings.map(({ since }) => since - epoch)]).toEqual([1_000, [0, 1, 2]]);
  expect(reportText(diagnosis)).toContain('An invariant of its kind does not hold: 1000, the oldest 3');
});

test('the JSON report has the same', async () => {
  const diagnosis = await examineStored({ records: [jobText('b', ['job.ask'], 0)] });
  const report = JSON.parse(reportJson(diagnosis)) as unknown;
  expect(report).toMatchObject({
    ...{ place: 'memory', clean: false, actors: { job: 1 }, passing: 0, unconfirmed: 0 },
    checks: {
      broken: {
        count: 1,
        oldest: [
          { actors: [{ kind: 'job', id: 'b', version: 2 }], since: new Date(epoch + 1_000).toISOString() },
        ],
      },
      stuck: { count: 0, oldest: [] },
    },
  });
});

describe('what is asked for', () => {
  test('is read', () => {
    expect(readDoctor([])).toEqual({ doctor: { json: false, limit: 20, pauseMs: 3_000, deadSince: 0 } });
    const args = ['--json', '--limit', '5', '--pause=0', '--dead-since', '2026-01-31T12:00Z'];
    const deadSince = Date.UTC(2026, 0, 31, 12);
    expect(readDoctor(args)).toEqual({ doctor: { json: true, limit: 5, pauseMs: 0, deadSince } });
    expect(readDoctor(['--help'])).toEqual({ help: true });
  });

  test.each([
    ['--limit 0', '--limit is 1 to 100000'],
    ['--pause x', '--pause is 0 to 3600, in seconds'],
    ['--dead-since yesterday', '--dead-since is a time such as 2026-01-31T12:00Z'],
  ])('%s: %s', (given, problem) => {
    expect(readDoctor(given.split(' '))).toEqual({ problem });
  });
});
