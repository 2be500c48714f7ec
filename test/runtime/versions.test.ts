/** Builds with other charts on the same store: what lists find, and who may run what (I9). */
import { describe, expect, it, test } from 'vitest';
import { setup, type AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { anyone, defineActor, type ActorDefinition, type ChartSnapshot } from '../../runtime/definition.ts';
import { readiness } from '../../runtime/status.ts';
import { counter, principal } from '../support/charts.ts';
import type { ManualClock } from '../support/clock.ts';
import { createCluster, outcomeOf, type Cluster, type TestNode } from '../support/cluster.ts';

interface ThingContext {
  id: string;
  colour: string;
}

/** The first version begins in `old`, the second in `new`, and lists things by their colour too. */
function machineOf(first: string): AnyStateMachine {
  return setup({
    types: { context: {} as ThingContext, input: {} as { id: string } },
  }).createMachine({
    context: ({ input }) => ({ id: input.id, colour: 'red' }),
    initial: first,
    states: {
      [first]: {
        description: 'Where it begins',
        on: { 'thing.go': { target: 'end' }, 'thing.note': { target: first, reenter: true } },
      },
      end: { description: 'Where it ends', on: { 'thing.note': { target: 'end', reenter: true } } },
    },
  });
}

const nothing = z.strictObject({});

function thing(more: Partial<ActorDefinition> = {}): ActorDefinition {
  return defineActor({
    kind: 'thing',
    plural: 'things',
    version: 1,
    machine: machineOf('old'),
    input: nothing,
    create: { event: 'thing.create', access: { user: anyone } },
    events: {
      'thing.create': nothing,
      'thing.go': nothing.describe('Ends'),
      'thing.note': nothing.describe('Stays'),
    },
    commands: { 'thing.go': { user: anyone }, 'thing.note': { user: anyone } },
    readers: { user: anyone },
    view: (context: ThingContext) => context,
    ...more,
  });
}

const first = [thing()];
const second = [
  thing({
    version: 2,
    machine: machineOf('new'),
    migrations: { 1: (snapshot) => ({ ...snapshot, value: 'new' }) },
    indexed: { colour: ({ colour }: ThingContext) => colour },
  }),
];

/** Which of these terms lists find any thing by. */
async function found({ node }: TestNode, ...terms: string[]): Promise<string[]> {
  const pages = terms.map(async (term) => {
    const { items } = await node.reader.list({ kind: 'thing', terms: [term], limit: 10 }, principal);
    return items.map(({ id }) => `${term} ${id}`);
  });
  return (await Promise.all(pages)).flat();
}

async function drained(clock: ManualClock, { node }: TestNode): Promise<void> {
  let done = false;
  void node.drain().then(() => (done = true));
  await clock.until(() => done);
}

const asked = ['state=old', 'state=new', 'state=end', 'colour=red', 'status=active'];

test('an actor that was migrated is listed by what it is from its next turn on', async () => {
  const { start, clock } = createCluster(first);
  const one = await start('one');
  await one.reply('thing/t1', 'thing.create');
  expect(await found(one, ...asked)).toEqual(['state=old t1', 'status=active t1']);
  await drained(clock, one);

  const two = await start('two', { definitions: second });
  expect(outcomeOf(await two.reply('thing/t1', 'thing.note'))).toBe('accepted');
  expect(await found(two, ...asked)).toEqual(['state=new t1', 'colour=red t1', 'status=active t1']);
  await two.reply('thing/t1', 'thing.go');
  expect(await found(two, ...asked)).toEqual(['state=end t1', 'colour=red t1', 'status=active t1']);
});

test('an older build does not run a partition in which a newer one has written', async () => {
  const { start, stored, clock, partition, deadLetters } = createCluster(first);
  const mine = partition('thing/t1');
  const one = await start('one');
  await one.reply('thing/t1', 'thing.create');
  await drained(clock, one);
  const two = await start('two', { definitions: second });
  await two.reply('thing/t1', 'thing.note');
  await drained(clock, two);

  const three = await start('three');
  expect(outcomeOf(await three.reply('thing/t1', 'thing.note'))).toBe('later');
  const error = 'it has records of thing@2, which this process (thing@1) cannot read';
  const fields = { partition: mine, error };
  // Said once, though it tries again and again.
  expect(three.lines.filter(({ message }) => message === 'partition cannot be run')).toEqual([
    { level: 'error', message: 'partition cannot be run', fields },
  ]);
  const { why } = readiness(three.node.status.getSnapshot().context, 2);
  expect(why).toContain(`1 partitions cannot be taken: ${error}`);
  expect(await stored('thing/t1')).toMatchObject({ version: 2 });

  const four = await start('four', { definitions: second });
  await clock.until(() => four.owned().includes(mine));
  expect(outcomeOf(await four.reply('thing/t1', 'thing.go'))).toBe('accepted');
  // The command of which nobody knew what came of it was in the mailbox, and has been taken.
  expect(await stored('thing/t1')).toMatchObject({ version: 4 });
  expect(await deadLetters('thing/t1')).toEqual([]);
});

test('an older build runs a partition that a newer one has only owned', async () => {
  const { start, clock } = createCluster(first);
  const one = await start('one');
  await one.reply('thing/t1', 'thing.create');
  await drained(clock, one);
  const two = await start('two', { definitions: second });
  await clock.until(() => two.owned().length === 2);
  await drained(clock, two);
  const three = await start('three');
  expect(outcomeOf(await three.reply('thing/t1', 'thing.note'))).toBe('accepted');
});

test('a build does not run a partition that has actors of a kind that it does not know', async () => {
  const { start, clock } = createCluster(first);
  const one = await start('one');
  await one.reply('thing/t1', 'thing.create');
  await drained(clock, one);
  const two = await start('two', { definitions: [counter] });
  await clock.advance(1_000);
  expect(two.owned()).toHaveLength(1);
  const { why } = readiness(two.node.status.getSnapshot().context, 2);
  expect(why).toEqual([
    '1 partitions cannot be taken: it has records of thing@1, which this process cannot read',
  ]);
});

describe('what no message has reached since another build stored it', () => {
  const ids = Array.from({ length: 250 }, (_, index) => `t${index}`);
  const options = { partitions: 1 };

  async function filled(definitions: readonly ActorDefinition[]): Promise<Cluster> {
    const cluster = createCluster(definitions, { options });
    const one = await cluster.start('one');
    for (const id of ids) await one.reply(`thing/${id}`, 'thing.create');
    await drained(cluster.clock, one);
    return cluster;
  }

  const count = ({ direct }: Cluster, term: string) => direct.store.count('thing', term);
  const isRenewed = ({ lines }: TestNode) => lines.some(({ message }) => message === 'index renewed');

  it('is listed by what it is, in the background', async () => {
    const cluster = await filled(first);
    const two = await cluster.start('two', { definitions: second });
    // Also one that is in memory already, and was not changed.
    expect(await two.reply('thing/t7', { type: 'thing.note' }, { ifMatch: 9 })).toMatchObject({
      answer: { head: { reason: 'stale' } },
    });
    await cluster.clock.until(() => isRenewed(two));
    expect(await count(cluster, 'state=old')).toBe(0);
    expect(await count(cluster, 'state=new')).toBe(250);
    expect(await count(cluster, 'colour=red')).toBe(250);
    // Nothing else of it has changed: it is migrated when a message comes.
    expect(await cluster.stored('thing/t7')).toMatchObject({ version: 1, chart: { version: 1 } });
    await two.reply('thing/t7', 'thing.go');
    expect(await count(cluster, 'state=new')).toBe(249);
    expect(await count(cluster, 'state=end')).toBe(1);
  });

  it('is looked through once, and again by a build that lists otherwise', async () => {
    const cluster = await filled(first);
    const same = await cluster.start('same');
    await cluster.clock.advance(5_000);
    expect(isRenewed(same)).toBe(false);
    await drained(cluster.clock, same);
    const byId = [thing({ indexed: { name: ({ id }: ThingContext) => id } })];
    const other = await cluster.start('other', { definitions: byId });
    await cluster.clock.until(() => isRenewed(other));
    expect(await count(cluster, 'name=t249')).toBe(1);
    await drained(cluster.clock, other);
    const again = await cluster.start('again', { definitions: byId });
    await cluster.clock.advance(5_000);
    expect(isRenewed(again)).toBe(false);
  });

  it('is found by the next owner, where one has died in the middle', async () => {
    const cluster = await filled(first);
    const two = await cluster.start('two', { definitions: second });
    while ((await count(cluster, 'state=new')) === 0) await cluster.clock.advance(50);
    two.crash();
    expect(await count(cluster, 'state=old')).toBeGreaterThan(0);
    const three = await cluster.start('three', { definitions: second });
    await cluster.clock.until(() => isRenewed(three));
    expect(await count(cluster, 'state=new')).toBe(250);
    expect(await count(cluster, 'state=old')).toBe(0);
  });

  it('waits for a build that can read it', async () => {
    const cluster = await filled(first);
    const cannot = (snapshot: ChartSnapshot): ChartSnapshot => {
      if ((snapshot.context as ThingContext).id === 't9') throw new Error('cannot be migrated');
      return { ...snapshot, value: 'new' };
    };
    const spoiled = second.map((definition) => ({ ...definition, migrations: { 1: cannot } }));
    const two = await cluster.start('two', { definitions: spoiled });
    await cluster.clock.until(() => isRenewed(two));
    expect(await count(cluster, 'state=new')).toBe(249);
    expect(two.lines.filter(({ message }) => message === 'a record cannot be read')).toHaveLength(1);
    await drained(cluster.clock, two);
    const three = await cluster.start('three', { definitions: second });
    await cluster.clock.until(() => isRenewed(three));
    expect(await count(cluster, 'state=new')).toBe(250);
  });
});
