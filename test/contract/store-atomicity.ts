/** A commit is written whole or not at all, and one of several with the same number. */
import { expect, it } from 'vitest';
import { partitionOf } from '../../runtime/address.ts';
import { FencedError } from '../../runtime/errors.ts';
import type { Commit, PartitionState } from '../../runtime/ports.ts';
import {
  epoch,
  nothing,
  outgoing,
  own,
  partitions,
  record,
  type Current,
  type Owner,
} from './store-fixture.ts';

export function atomicityTests(current: Current): void {
  /** One of everything, all with `name` in it. */
  function everything(name: string, sequence: number): Partial<Commit> {
    return {
      position: { sequence, time: epoch, id: name },
      highWater: epoch + sequence,
      records: [record('order/1', { body: name, addTerms: [`by=${name}`] }), record(`order/${name}`)],
      addTimers: [{ key: 'order/1', timer: 't', at: epoch, token: name }],
      addActivities: [
        { key: 'order/1', activity: 'a', source: 's', token: name, input: '{}', startedAt: epoch },
      ],
      sent: { 0: sequence },
      received: { 0: sequence },
      addOutbox: [outgoing(0, sequence, name)],
      addHeld: [{ channel: 0, number: sequence, body: name, id: name, time: epoch }],
      answers: [{ id: name, kept: true, time: epoch, body: name }],
      publications: [{ log: 'journal', to: { kind: 'order', id: '1' }, id: name, body: name }],
    };
  }

  function stagedTraces({ outbox, publications }: PartitionState, name: string): boolean[] {
    return [
      outbox.some(({ body }) => body === name),
      publications.some(({ entries }) => entries[0]?.id === name),
    ];
  }

  async function traces(lease: Owner['lease'], name: string): Promise<boolean[]> {
    const { store } = current();
    const { partition } = lease;
    const state = await store.load(lease);
    const asked = await store.fetch(partition, ['order/1', `order/${name}`], [{ id: name, kept: true }]);
    return [
      state.position?.id === name,
      state.held.some(({ body }) => body === name),
      state.activities.some(({ token }) => token === name),
      asked.records[0] === name,
      asked.records[1] !== undefined,
      asked.answers[0] === name,
      (await store.due(partition, epoch, 1_000)).some(({ token }) => token === name),
      (await store.count('order', `by=${name}`)) === 1,
      ...(store.delivers ? [] : stagedTraces(state, name)),
    ];
  }

  it('writes nothing of a refused commit and all of an accepted one', async () => {
    const { store } = current();
    const partition = partitionOf('order/1', partitions);
    const owner = await own(store, partition);
    const refused = store.commit(owner.lease, 7, { ...nothing, ...everything('no', 1) });
    await expect(refused).rejects.toThrow(FencedError);
    expect(await traces(owner.lease, 'no')).not.toContain(true);
    await owner.commit(everything('yes', 1));
    expect(await traces(owner.lease, 'yes')).not.toContain(false);
  });

  it('accepts exactly one of two commits with the same number, whole', async () => {
    const { store } = current();
    const owner = await own(store, partitionOf('order/1', partitions));
    for (let round = 0; round < 50; round++) {
      const names = [`left-${round}`, `right-${round}`];
      const outcomes = await Promise.allSettled(
        names.map((name) => store.commit(owner.lease, round, { ...nothing, ...everything(name, round + 1) })),
      );
      const winners = names.filter((_, n) => outcomes[n]?.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(FencedError);
      }
      for (const name of names) {
        expect(await traces(owner.lease, name)).toEqual(
          Array(store.delivers ? 8 : 10).fill(winners.includes(name)),
        );
      }
    }
    expect((await store.load(owner.lease)).commits).toBe(50);
  });

  it('refuses all but one of many commits with the same number', async () => {
    const { store } = current();
    const owner = await own(store, 0);
    const attempts = Array.from({ length: 30 }, (_, n) =>
      store.commit(owner.lease, 0, { ...nothing, highWater: n + 1 }),
    );
    const outcomes = await Promise.allSettled(attempts);
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await store.load(owner.lease)).toMatchObject({ commits: 1, highWater: winner + 1 });
  });
}
