/** Ownership, commits and takeovers: several nodes, one memory server (R1, R2, R8, R12). */
import { expect, test } from 'vitest';
import { RetryableError } from '../../runtime/errors.ts';
import type { AnswerId, Mailbox } from '../../runtime/ports.ts';
import { counter, sleeper } from '../support/charts.ts';
import { createCluster, outcomeOf, type TestNode } from '../support/cluster.ts';
import type { Call, Interfere } from '../support/faults.ts';
import { command } from '../support/messages.ts';

const add = { type: 'counter.add', by: 1 };

/** Holds the next call of this name until it is released; `passes` says whether it then takes effect. */
function holdable(name: Call['name']) {
  let held: (() => void) | undefined;
  let armed = false;
  const interfere: Interfere = async (call, pass) => {
    if (armed && call.name === name) {
      armed = false;
      await new Promise<void>((resolve) => (held = resolve));
    }
    return pass();
  };
  return { interfere, arm: () => (armed = true), isHeld: () => held !== undefined, release: () => held?.() };
}

function owners(nodes: readonly TestNode[]): string[] {
  return nodes.flatMap((node) => node.owned().map((partition) => String(partition))).sort();
}

test('answers a command, and the state is committed by then', async () => {
  const { start, stored } = createCluster([counter]);
  const one = await start('one');
  expect(outcomeOf(await one.reply('counter/c1', 'counter.create'))).toBe('accepted');
  const reply = await one.reply('counter/c1', add);
  expect(reply).toMatchObject({ answer: { head: { outcome: 'accepted', version: 2 } } });
  expect(await stored('counter/c1')).toMatchObject({ version: 2, snapshot: { context: { count: 1 } } });
});

test('what does not fit into a commit comes in the next, in its order', async () => {
  const { start, stored, clock } = createCluster([counter], { options: { commitMaxChars: 1 } });
  const one = await start('one');
  await one.reply('counter/c1', 'counter.create');
  const asked = Array.from({ length: 20 }, (_, by) => one.ask('counter/c1', { ...add, by: by + 1 }));
  await clock.advance(5_000);
  for (const [at, reply] of (await Promise.all(asked)).entries()) {
    expect(reply).toMatchObject({ answer: { head: { outcome: 'accepted', version: at + 2 } } });
  }
  expect(await stored('counter/c1')).toMatchObject({ version: 21, snapshot: { context: { count: 210 } } });
});

test('each partition has one owner, and every node answers for all', async () => {
  const { start, clock } = createCluster([counter], { options: { partitions: 8 } });
  const nodes = [await start('one'), await start('two'), await start('three')];
  await clock.until(() => owners(nodes).length === 8);
  expect(owners(nodes)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  for (const [index, node] of nodes.entries()) {
    expect(outcomeOf(await node.reply(`counter/c${index}`, 'counter.create'))).toBe('accepted');
  }
});

test('takes effect once, however often each message is delivered', async () => {
  const { start, stored, clock, direct } = createCluster([counter]);
  const twice: Interfere = async (call, pass) => {
    if (call.name !== 'append' || call.to !== 'mailbox') return pass();
    // Past the broker's window too: what has an id there comes again without it.
    await direct.mailbox.append({ ...(call.args[0] as Parameters<Mailbox['append']>[0]), dedupe: false });
    return pass();
  };
  const one = await start('one', { interfere: twice });
  await one.reply('counter/c1', 'counter.create');
  await one.reply('counter/c2', 'counter.create');
  for (let times = 0; times < 3; times++) {
    expect(outcomeOf(await one.reply('counter/c1', add))).toBe('accepted');
    await one.reply('counter/c1', { type: 'counter.tell', to: ['c2'], by: 5 });
  }
  await clock.advance(10_000);
  expect(await stored('counter/c1')).toMatchObject({ version: 7, snapshot: { context: { count: 3 } } });
  expect(await stored('counter/c2')).toMatchObject({ version: 4, snapshot: { context: { count: 15 } } });
});

test('another node takes over what a dead one owned, after its lease has run out, and loses nothing', async () => {
  const { start, stored, clock, options } = createCluster([counter]);
  const one = await start('one');
  const two = await start('two');
  await one.reply('counter/c1', 'counter.create');
  const before = clock.now();
  one.crash();
  const reply = await two.reply('counter/c1', add, { waitMs: 60_000 });
  expect(outcomeOf(reply)).toBe('accepted');
  expect(clock.now() - before).toBeGreaterThanOrEqual((options.leaseMs * 2) / 3);
  expect(await stored('counter/c1')).toMatchObject({ version: 2 });
  await clock.until(() => two.owned().length === 2);
});

test('a draining node releases at once, and what it had begun is answered', async () => {
  const { start, stored, clock, options } = createCluster([counter]);
  const one = await start('one');
  const two = await start('two');
  await one.reply('counter/c1', 'counter.create');
  const asked = Array.from({ length: 20 }, () => two.ask('counter/c1', add));
  const drained = one.node.drain();
  const before = clock.now();
  let done = false;
  void drained.then(() => (done = true));
  await clock.until(() => done && two.owned().length === 2);
  expect(clock.now() - before).toBeLessThan(options.leaseMs / 3);
  const replies: string[] = [];
  for (const reply of asked) void reply.then((got) => replies.push(outcomeOf(got)));
  await clock.until(() => replies.length === 20);
  expect(new Set(replies)).toEqual(new Set(['accepted']));
  expect(await stored('counter/c1')).toMatchObject({ version: 21 });
});

test('the late commit of a paused owner is refused, and its answer is never sent', async () => {
  const { start, stored, clock } = createCluster([counter]);
  const hold = holdable('commit');
  const one = await start('one', { interfere: hold.interfere });
  const two = await start('two');
  await one.reply('counter/c1', 'counter.create');
  const sent: string[] = [];
  const { replies } = one.backend;
  const send = replies.send.bind(replies);
  replies.send = (to, number, body) => {
    sent.push(body);
    send(to, number, body);
  };

  hold.arm();
  const paused = two.ask('counter/c1', add, { idempotencyKey: 'k1', waitMs: 60_000 });
  await clock.until(() => hold.isHeld());
  await clock.until(() => two.owned().length > 0);
  const reply = await two.reply('counter/c1', add, { idempotencyKey: 'k2', waitMs: 60_000 });
  expect(outcomeOf(reply)).toBe('accepted');
  expect(outcomeOf(await paused)).toBe('accepted');
  const after = await stored('counter/c1');
  expect(after).toMatchObject({ version: 3 });

  hold.release();
  await clock.advance(20_000);
  expect(await stored('counter/c1')).toEqual(after);
  expect(sent).toEqual([]);
  expect(one.lines.map(({ message }) => message)).toContain(
    'partition lost to another owner or a store that fell back',
  );
});

test('a commit of which the answer was lost is not sent again; the same key gets its answer', async () => {
  const { start, stored, journal } = createCluster([counter]);
  let loses = false;
  let commits = 0;
  const one = await start('one', {
    interfere: async (call, pass) => {
      const done = await pass();
      if (call.name !== 'commit' || !loses) return done;
      loses = false;
      commits += 1;
      throw new RetryableError('the answer was lost');
    },
  });
  await one.reply('counter/c1', 'counter.create');
  loses = true;
  const reply = await one.reply('counter/c1', add, { idempotencyKey: 'k1' });
  expect(reply).toMatchObject({ reply: 'later', id: 'k1' });
  expect(commits).toBe(1);
  const again = await one.reply('counter/c1', add, { idempotencyKey: 'k1' });
  expect(again).toMatchObject({ answer: { head: { outcome: 'accepted', version: 2, replayed: true } } });
  expect(await stored('counter/c1')).toMatchObject({ version: 2 });
  expect(await journal('counter/c1')).toHaveLength(2);
});

test('a commit that did not happen is worked off by the next session', async () => {
  const { start, stored, journal } = createCluster([counter]);
  let fails = 0;
  const one = await start('one', {
    interfere: (call, pass) =>
      call.name === 'commit' && fails-- > 0
        ? Promise.reject(new RetryableError('away', { effect: 'none' }))
        : pass(),
  });
  fails = 3;
  const reply = await one.reply('counter/c1', 'counter.create', { waitMs: 30_000 });
  expect(outcomeOf(reply)).toBe('accepted');
  expect(await stored('counter/c1')).toMatchObject({ version: 1 });
  expect(await journal('counter/c1')).toHaveLength(1);
});

test.each(['load', 'fetch', 'acquire', 'renew', 'at', 'bounds', 'read', 'due', 'received'] as const)(
  'goes on after %s has failed for a while',
  async (name) => {
    const { start, clock } = createCluster([counter, sleeper]);
    let fails = false;
    const one = await start('one', {
      interfere: (call, pass) =>
        fails && call.name === name ? Promise.reject(new RetryableError('away')) : pass(),
    });
    await one.reply('counter/c1', 'counter.create');
    fails = true;
    one.backend.breakReaders();
    const asked = one.ask('counter/c1', add, { waitMs: 120_000, idempotencyKey: 'k' });
    await clock.advance(20_000);
    fails = false;
    let outcome = '';
    void asked.then((reply) => (outcome = outcomeOf(reply)));
    await clock.until(() => outcome !== '');
    expect(outcome).toBe('accepted');
  },
);

test('a lost reader is opened again at the committed position, and its batch is dropped', async () => {
  const { start, stored, clock, direct, partition } = createCluster([counter]);
  const hold = holdable('fetch');
  const fetched: string[] = [];
  const one = await start('one', {
    interfere: (call, pass) => {
      if (call.name === 'fetch') fetched.push(...(call.args[2] as AnswerId[]).map(({ id }) => id));
      return hold.interfere(call, pass);
    },
  });
  await one.reply('counter/c1', 'counter.create');
  hold.arm();
  const asked = one.ask('counter/c1', add, { waitMs: 60_000, idempotencyKey: 'k1' });
  await clock.until(() => hold.isHeld());
  one.backend.breakReaders();
  const to = { kind: 'counter', id: 'c1' };
  const body = JSON.stringify(command('counter/c1', add));
  await direct.mailbox.append({ to, partition: partition('counter/c1'), id: 'x', dedupe: false, body });
  hold.release();
  let outcome = '';
  void asked.then((reply) => (outcome = outcomeOf(reply)));
  await clock.until(async () => outcome !== '' && (await stored('counter/c1'))?.version === 3);
  expect(outcome).toBe('accepted');
  // Looked up twice, each time as made and as kept: what was read first was never folded.
  const lookups = fetched.filter((id) => id.endsWith('|k1'));
  expect(lookups).toHaveLength(4);
  expect(one.lines.map(({ message }) => message)).toContain('reading again');
});

test('does not start with another number of partitions, nor with a chart that has changed', async () => {
  const { start, direct } = createCluster([counter]);
  await direct.store.settle('partitions', '16');
  await expect(start('one')).rejects.toThrow(/started with 16 partitions, not 2/);
  const other = createCluster([counter]);
  await other.direct.store.settle('chart.counter@1', 'another');
  await expect(other.start('one')).rejects.toThrow(/chart counter@1 has changed/);
});

test('an idle owner notices a store that has another commit number', async () => {
  const { start, clock } = createCluster([counter]);
  let fallen = false;
  const one = await start('one', {
    interfere: (call, pass) => {
      if (call.name !== 'renew' || !fallen) return pass();
      fallen = false;
      const [lease, commits, ms] = call.args as [never, number, number];
      return one.backend.store.renew(lease, commits + 1, ms);
    },
  });
  await one.reply('counter/c1', 'counter.create');
  fallen = true;
  const lost = 'partition lost to another owner or a store that fell back';
  await clock.until(() => one.lines.some(({ message }) => message === lost), 10_000);
  await clock.until(() => one.owned().length === 2);
});

test('forgets actors that were idle, and knows them again', async () => {
  const { start, clock, stored } = createCluster([counter], { options: { passivateMs: 1_000 } });
  const fetched: unknown[] = [];
  const one = await start('one', {
    interfere: (call, pass) => {
      if (call.name === 'fetch') fetched.push(...(call.args[1] as string[]));
      return pass();
    },
  });
  await one.reply('counter/c1', 'counter.create');
  await one.reply('counter/c1', add);
  expect(fetched).toEqual(['counter/c1']);
  await clock.advance(10_000);
  await one.reply('counter/c1', add);
  expect(fetched).toEqual(['counter/c1', 'counter/c1']);
  expect(await stored('counter/c1')).toMatchObject({ version: 3, snapshot: { context: { count: 2 } } });
});
