/** What a commit keeps of messages and calls: activities, channels, answers, and what must leave later. */
import { expect, it, vi } from 'vitest';
import type { Commit, PendingActivity, Publication } from '../../runtime/ports.ts';
import { entry, epoch, madeId, own, ownAll, range, staged, type Current } from './store-fixture.ts';

export function activityTests(current: Current): void {
  const activity = (token: string): PendingActivity => ({
    key: 'payment/1',
    activity: 'capture',
    source: 'gateway.capture',
    token,
    input: `{"line":"\\n ${token} 🚚"}`,
    startedAt: epoch + token.length,
  });

  it('keeps activities until they are dropped', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ addActivities: [activity('a'), activity('b')] });
    await owner.commit({ addActivities: [activity('c')], dropActivities: ['a', 'none'] });
    const { activities } = await store.load(owner.lease);
    expect(activities.toSorted((a, b) => a.token.localeCompare(b.token))).toEqual([
      activity('b'),
      activity('c'),
    ]);
  });
}

export function channelTests(current: Current): void {
  const held = (channel: number, number: number): Commit['addHeld'][number] => ({
    ...staged(entry(channel, number)),
    id: `order/1:${number}:0 "\n`,
    time: epoch + number,
  });
  it('keeps what is held back until it is dropped, by channel and number', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ addHeld: [held(3, 12), held(3, 4), held(0, 7)] });
    await owner.commit({ addHeld: [held(3, 5)], dropHeld: [{ channel: 3, number: 12 }] });
    expect((await store.load(owner.lease)).held).toEqual([held(0, 7), held(3, 4), held(3, 5)]);
    const gone = [0, 3].flatMap((channel) => [4, 5, 7, 8].map((number) => ({ channel, number })));
    await owner.commit({ dropHeld: gone });
    expect((await store.load(owner.lease)).held).toEqual([]);
  });

  it('keeps the channel counters, changing only those given', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ sent: { 0: 3, 12: 1 }, received: { 1: 5 } });
    await owner.commit({ sent: { 12: 2 }, received: { 3: 9_007_199_254_740_991 } });
    expect(await store.load(owner.lease)).toMatchObject({
      sent: { 0: 3, 12: 2 },
      received: { 1: 5, 3: 9_007_199_254_740_991 },
    });
  });

  it('answers how far the receivers have taken from a sender', async () => {
    const { store } = current();
    const owners = await ownAll(store);
    await owners[0]?.commit({ received: { 1: 5, 2: 6 } });
    await owners[3]?.commit({ received: { 1: 7 } });
    const answer = await store.received(1, [0, 2, 3]);
    expect({ 2: 0, ...answer }).toEqual({ 0: 5, 2: 0, 3: 7 });
    expect(await store.received(2, [0])).toEqual({ 0: 6 });
    expect(await store.received(1, [])).toEqual({});
  });
}

export function answerTests(current: Current): void {
  it('answers by id, kept and made ones apart, in the order asked', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const made = madeId(epoch, 'x');
    await owner.commit({
      answers: [
        { id: 'anna|key-1', kept: true, time: epoch, body: '{"status":"é"}' },
        { id: made, kept: false, time: epoch + 40, body: 'a' },
        { id: 'unusual', kept: false, time: epoch + 40, body: 'u' },
      ],
    });
    const asked = [
      { id: made, kept: false },
      { id: 'anna|none', kept: true },
      { id: 'anna|key-1', kept: true },
      { id: madeId(epoch, 'y'), kept: false },
      { id: 'unusual', kept: false },
    ];
    const { records, answers } = await store.fetch(1, ['order/1'], asked);
    expect(records).toEqual([undefined]);
    expect(answers).toEqual(['a', undefined, '{"status":"é"}', undefined, 'u']);
    expect((await store.fetch(2, [], asked)).answers).toEqual(asked.map(() => undefined));
  });

  it('finds made answers of any age among each other', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const ids = Array.from({ length: 300 }, (_, n) => ({
      id: madeId(epoch + n * 7_000, String(n)),
      kept: false,
    }));
    for (let n = 0; n < ids.length; n += 50) {
      const some = ids.slice(n, n + 50);
      await owner.commit({
        answers: some.map((id, m) => ({ ...id, time: epoch + (n + m) * 7_000, body: id.id })),
      });
    }
    const { answers } = await store.fetch(1, [], ids);
    expect(answers).toEqual(ids.map(({ id }) => id));
  });

  it('forgets answers whose mailbox time is below, and none that is younger', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const hour = 3_600_000;
    const answers = (name: string, made: number, time: number): Commit['answers'][number][] => [
      { id: madeId(made, name), kept: false, time, body: `made ${name}` },
      { id: `unusual-${name}`, kept: false, time, body: `unusual ${name}` },
      { id: `anna|${name}`, kept: true, time, body: `kept ${name}` },
    ];
    const old = Array.from({ length: 500 }, (_, n) => answers(`old-${n}`, epoch + n, epoch + n)).flat();
    // Made in the same moment as the old ones, but long on its way to the mailbox: not to be forgotten.
    const late = answers('late', epoch, epoch + 2 * hour);
    const young = answers('young', epoch + 2 * hour, epoch + 2 * hour);
    await owner.commit({ answers: old });
    await owner.commit({ answers: [...young, ...late] });
    const found = async (ids: Commit['answers']): Promise<(string | undefined)[]> =>
      (await store.fetch(1, [], ids)).answers.filter((answer) => answer !== undefined);

    /** Forgets, again and again where it takes several shares, until nothing of these is left. */
    const forgetAll = (ids: Commit['answers'], forget: NonNullable<Commit['forget']>): Promise<void> =>
      vi.waitFor(async () => {
        await owner.commit({ forget });
        expect(await found(ids)).toEqual([]);
      }, 20_000);

    const oldKept = old.filter(({ kept }) => kept);
    await forgetAll(oldKept, { madeBefore: epoch, keptBefore: epoch + hour });
    expect(await found(old)).toHaveLength(1_000);

    const oldUnusual = old.filter(({ id }) => id.startsWith('unusual'));
    await forgetAll(oldUnusual, { madeBefore: epoch + 2 * hour, keptBefore: 0 });
    expect(await found([...young, ...late])).toEqual([...young, ...late].map(({ body }) => body));

    await forgetAll([...old, ...young, ...late], {
      madeBefore: epoch + 3 * hour,
      keptBefore: epoch + 3 * hour,
    });
  });
}

/** Only of a store that does not deliver by itself: what must leave later is kept until it has. */
export function stagingTests(current: Current): void {
  const publication = (id: string): Publication => ({
    log: id.startsWith('dead') ? 'dead' : 'journal',
    to: { kind: 'order', id: `o~${id}` },
    id,
    body: `{"text":"🚚 é \\n ${id}"}\n`,
  });

  it('loads the outbox by channel and number, as numbers', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const numbers = [11, 2, 1, 10, 9, 100];
    await owner.commit({ addOutbox: [10, 2].flatMap((channel) => numbers.map((n) => entry(channel, n))) });
    await owner.commit({ addOutbox: [entry(2, 3)] });
    const { outbox } = await store.load(owner.lease);
    expect(outbox).toEqual([
      ...[1, 2, 3, 9, 10, 11, 100].map((n) => staged(entry(2, n))),
      ...[1, 2, 9, 10, 11, 100].map((n) => staged(entry(10, n))),
    ]);
  });

  it('drops outbox entries up to a number, per channel', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({
      addOutbox: [0, 1, 2].flatMap((channel) => range(1, 12).map((n) => entry(channel, n))),
    });
    await owner.commit({ dropOutbox: { 0: 9, 2: 12 } });
    const left = [...range(10, 12).map((n) => entry(0, n)), ...range(1, 12).map((n) => entry(1, n))];
    expect((await store.load(owner.lease)).outbox).toEqual(left.map(staged));
    await owner.commit({ dropOutbox: { 0: 10, 1: 12, 2: 12, 3: 1 }, addOutbox: [entry(2, 13)] });
    expect((await store.load(owner.lease)).outbox).toEqual(
      [entry(0, 11), entry(0, 12), entry(2, 13)].map(staged),
    );
  });

  it('drops a long outbox at once', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ addOutbox: range(1, 3_000).map((n) => entry(1, n)) });
    await owner.commit({ dropOutbox: { 1: 2_990 } });
    expect((await store.load(owner.lease)).outbox).toEqual(
      range(2_991, 3_000).map((n) => staged(entry(1, n))),
    );
  });

  it('keeps publications under the number of their commit until they are dropped, in order', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    for (let n = 1; n <= 12; n++) {
      const publications =
        n === 2 ? [] : ['journal-a', 'dead-b', 'journal-c'].map((id) => publication(`${id}${n}`));
      await owner.commit({ publications });
    }
    const kept = async (): Promise<unknown> => (await store.load(owner.lease)).publications;
    const expected = (n: number): unknown => ({
      commit: n,
      entries: ['journal-a', 'dead-b', 'journal-c'].map((id) => publication(`${id}${n}`)),
    });
    expect(await kept()).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(expected));
    await owner.commit({ dropPublications: [1, 2, 3, 4, 5, 6, 8, 9, 12] });
    expect(await kept()).toEqual([7, 10, 11].map(expected));
    await owner.commit({ dropPublications: [7, 10, 11], publications: [publication('dead-x')] });
    expect(await kept()).toEqual([{ commit: 14, entries: [publication('dead-x')] }]);
  });
}
