/** Nodes share the partitions: each its part, none left out, whoever comes and goes. */
import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../runtime/errors.ts';
import { Share } from '../../runtime/loop/share.ts';
import { counter } from '../support/charts.ts';
import { createCluster, outcomeOf, type Cluster, type TestNode } from '../support/cluster.ts';
import type { Interfere } from '../support/faults.ts';
import { seededRandom, seeds } from '../support/random.ts';

const add = { type: 'counter.add', by: 1 };
const all = (count: number): number[] => Array.from({ length: count }, (_, partition) => partition);

describe('the share', () => {
  test('is the part of one among so many, rounded up', () => {
    const share = new Share(8);
    expect([1, 2, 3, 5, 8, 9].map((nodes) => (share.counted(nodes), share.size))).toEqual([8, 4, 3, 2, 1, 1]);
  });

  test('has no place beyond its size, except for what is forsaken', () => {
    const share = new Share(4);
    share.counted(2);
    expect(all(4).map((partition) => share.take(partition, false))).toEqual([true, true, false, false]);
    expect(share.take(3, true)).toBe(true);
    share.free(0);
    expect(share.take(2, false)).toBe(true);
  });

  test('gives up what was taken last when somebody comes, forsaken ones included', () => {
    const share = new Share(4);
    for (const partition of [2, 0, 1, 3]) share.take(partition, false);
    expect(share.counted(2)).toEqual([1, 3]);
    for (const partition of [1, 3]) share.free(partition);
    share.take(3, true);
    expect(share.counted(2), 'nobody has come').toEqual([]);
    expect(share.counted(3)).toEqual([3]);
  });
});

const cluster = () => createCluster([counter], { options: { partitions: 8 } });
const sizes = (nodes: readonly TestNode[]): number[] => nodes.map((node) => node.owned().length);
const ownedBy = (nodes: readonly TestNode[]): number[] =>
  nodes.flatMap((node) => node.owned()).sort((one, other) => one - other);

/** Until each partition has one owner, and each node so many. */
async function shared({ clock }: Cluster, nodes: readonly TestNode[], expected: readonly number[]) {
  await clock.until(() => sizes(nodes).join() === expected.join());
  expect(ownedBy(nodes)).toEqual(all(8));
}

test('whoever comes gets a share, and whoever drains leaves it to the others', async () => {
  const here = cluster();
  const one = await here.start('one');
  await shared(here, [one], [8]);
  expect(outcomeOf(await one.reply('counter/c1', 'counter.create'))).toBe('accepted');
  const two = await here.start('two');
  await shared(here, [one, two], [4, 4]);
  const three = await here.start('three');
  await shared(here, [one, two, three], [3, 3, 2]);
  const before = here.clock.now();
  const gone = two.node.drain();
  await here.clock.until(() => ownedBy([one, three]).length === 8);
  await gone;
  expect(here.clock.now() - before, 'no lease had to run out').toBeLessThan(here.options.leaseMs / 2);
  expect(sizes([one, three])).toEqual([4, 4]);
  expect(outcomeOf(await three.reply('counter/c1', add))).toBe('accepted');
  expect(await here.stored('counter/c1')).toMatchObject({ version: 2 });
});

test('what a dead node had is shared among those that live, once its leases have run out', async () => {
  const here = cluster();
  const nodes = [await here.start('one'), await here.start('two'), await here.start('three')];
  const [one, two, three] = nodes as [TestNode, TestNode, TestNode];
  await here.clock.until(() => ownedBy(nodes).length === 8 && Math.max(...sizes(nodes)) === 3);
  const before = here.clock.now();
  one.crash();
  await here.clock.until(() => ownedBy([two, three]).length === 8);
  expect(here.clock.now() - before).toBeLessThan(1.5 * here.options.leaseMs);
  expect(sizes([two, three])).toEqual([4, 4]);
});

test('nothing stays without an owner where one that says it lives takes nothing', async () => {
  const here = cluster();
  const sick: Interfere = (call, pass) =>
    call.name === 'acquire' ? Promise.reject(new RetryableError('no way to the store')) : pass();
  const one = await here.start('one');
  await shared(here, [one], [8]);
  const two = await here.start('two', { interfere: sick });
  await here.clock.until(() => sizes([one]).join() === '4');
  await here.clock.until(() => sizes([one]).join() === '8');
  await here.clock.advance(10 * here.options.leaseMs);
  expect(sizes([one, two]), 'and it keeps them').toEqual([8, 0]);
});

test('a node that cannot count keeps its share', async () => {
  const here = cluster();
  let away = false;
  const blind: Interfere = (call, pass) =>
    away && call.name === 'attend' ? Promise.reject(new RetryableError('no answer')) : pass();
  const one = await here.start('one', { interfere: blind });
  const two = await here.start('two');
  await shared(here, [one, two], [4, 4]);
  away = true;
  await here.clock.advance(10 * here.options.leaseMs);
  await shared(here, [one, two], [4, 4]);
});

test.each(seeds(20))(
  'whoever comes, dies or drains, each partition has one owner in the end (seed %i)',
  async (seed) => {
    const here = cluster();
    const random = seededRandom(seed, 'share');
    let nodes = [await here.start('node-0')];
    for (let step = 1; step < 8; step++) {
      const [some] = nodes;
      if (nodes.length < 4 && random.below(2) === 0) nodes.push(await here.start(`node-${step}`));
      else if (nodes.length > 1 && some !== undefined) {
        nodes = nodes.slice(1);
        if (random.below(2) === 0) some.crash();
        else void some.node.drain();
      }
      await here.clock.advance(random.below(2 * here.options.leaseMs));
    }
    await here.clock.until(() => ownedBy(nodes).length === 8);
    await here.clock.advance(5 * here.options.leaseMs);
    expect(ownedBy(nodes)).toEqual(all(8));
    expect(Math.max(...sizes(nodes))).toBeLessThanOrEqual(Math.ceil(8 / nodes.length) + 1);
  },
);
