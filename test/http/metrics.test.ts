/** `/metrics`: after a run of commands the figures are exactly what has been done. */
import { expect, it } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { Backend } from '../../runtime/ports.ts';
import { createHttpBench, order, type HttpBench } from '../support/http.ts';

/** By name and labels: `waybill_commands_total{kind="order",…}`. */
async function figuresOf({ get }: Pick<HttpBench, 'get'>): Promise<Map<string, number>> {
  const { status, text, headers } = await get('/metrics', { as: null });
  expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

function named(figures: ReadonlyMap<string, number>, name: string): Record<string, number> {
  return Object.fromEntries([...figures].filter(([each]) => each.split('{')[0] === name));
}

it('counts commands by kind, command and what came of them', async () => {
  const bench = await createHttpBench();
  const { post, draft } = bench;
  await draft('o1');
  await draft('o2');
  await post('/orders', { ...order, id: 'o1' });
  await post('/orders/o1/hold', { handle: 'h', reason: 'r' });
  await post('/orders/o1/place', {}, { as: 'picker' });
  await post('/orders/o1/place', {}, { headers: { 'if-match': '"9"' } });
  await post('/orders/o1/change-address', { shipTo: order.shipTo }, { headers: { 'idempotency-key': 'k' } });
  await post('/orders/o1/change-address', { shipTo: order.shipTo }, { headers: { 'idempotency-key': 'k' } });
  await post('/orders/nobody/cancel');
  await post('/orders/o1/cancel', { nonsense: 1 });
  const figures = await figuresOf(bench);
  const of = (command: string, outcome: string): string =>
    `waybill_commands_total{kind="order",command="${command}",outcome="${outcome}"}`;
  expect(named(figures, 'waybill_commands_total')).toEqual({
    [of('create', 'accepted')]: 2,
    [of('create', 'exists')]: 1,
    [of('hold', 'unhandled')]: 1,
    [of('place', 'forbidden')]: 1,
    [of('place', 'stale')]: 1,
    [of('change-address', 'accepted')]: 1,
    [of('cancel', 'not-found')]: 1,
  });
  expect(named(figures, 'waybill_repeated_total')).toEqual({
    'waybill_repeated_total{what="command"}': 1,
    'waybill_repeated_total{what="message"}': 0,
  });
  // What does not fit its schema is refused at the edge, and reaches no mailbox.
  const waited = 'waybill_command_duration_seconds_count{kind="order",reply="answered"}';
  expect(figures.get(waited)).toBe(9);
});

it('counts turns as the journal has them, whoever they come from', async () => {
  const bench = await createHttpBench();
  await bench.active('o1');
  await bench.clock.advance(5_000);
  const expected: Record<string, number> = {};
  for (const { body } of await bench.backend.journal.readAll(0, 1_000)) {
    const { kind, source, outcome, reason = outcome } = JSON.parse(body) as JournalEntry;
    const name = `waybill_turns_total{kind="${kind}",source="${source.from}",outcome="${reason}"}`;
    expected[name] = (expected[name] ?? 0) + 1;
  }
  const figures = await figuresOf(bench);
  expect(named(figures, 'waybill_turns_total')).toEqual(expected);
  expect(Object.keys(expected).join()).toMatch(/source="actor"[^]*source="activity"/);
  const commits = figures.get('waybill_commits_total') ?? 0;
  const turns = Object.values(expected).reduce((sum, count) => sum + count, 0);
  expect(commits).toBeGreaterThan(0);
  expect(commits).toBeLessThanOrEqual(turns + bench.node.options.partitions);
  expect(named(figures, 'waybill_activity_calls_total')).toEqual({
    'waybill_activity_calls_total{target="gateway:sandbox",end="succeeded"}': 1,
  });
});

it('counts dead letters from nothing on, also of kinds that there are not', async () => {
  const bench = await createHttpBench();
  const counted = async (kind: string): Promise<number | undefined> =>
    (await figuresOf(bench)).get(`waybill_dead_letters_total{kind="${kind}"}`);
  expect([await counted('warehouse'), await counted('other')]).toEqual([0, 0]);
  for (const [id, kind] of [
    ['m1', 'warehouse'],
    ['m2', 'unicorn'],
  ] as const) {
    const to = { kind, id: 'x' };
    const body = JSON.stringify({ from: 'outside', to, nonsense: true });
    await bench.backend.mailbox.append({ to, partition: 0, id, dedupe: false, body });
  }
  await bench.clock.until(async () => (await bench.get('/dead-letters')).body.items.length === 2);
  expect([await counted('warehouse'), await counted('other')]).toEqual([1, 1]);
});

it('has no figure for each name that somebody thinks of', async () => {
  const bench = await createHttpBench();
  for (const name of ['a', 'b', 'c']) {
    await bench.post(`/orders/o1/${name}`);
    await bench.post(`/${name}`);
    const to = { kind: 'order', id: 'o1' };
    const event = { type: `order.${name}` };
    const principal = { subject: name, roles: [name], warehouses: [] };
    await bench.node.caller.ask({ to, event, principal, waitMs: 1_000 });
  }
  const figures = named(await figuresOf(bench), 'waybill_commands_total');
  expect(figures).toEqual({ 'waybill_commands_total{kind="order",command="other",outcome="not-found"}': 3 });
});

it('shows how the node stands: partitions, servers, and whether it is ready', async () => {
  const bench = await createHttpBench();
  const { status } = bench.node;
  const before = await figuresOf(bench);
  expect(before.get('waybill_ready')).toBe(1);
  expect(Object.values(named(before, 'waybill_partition_owned'))).toEqual([1, 1, 1, 1]);
  expect(Object.values(named(before, 'waybill_server_up'))).toEqual([1]);
  const [server] = status.getSnapshot().context.servers;
  if (server !== undefined) status.trigger.serversChecked({ servers: [{ ...server, up: false }] });
  const partition = { owned: true, sequence: 7, backlog: 3, lagMs: 2_500, outbox: 4, timersDue: 2 };
  status.trigger.partitionChanged({ partition: 0, status: partition });
  status.trigger.breakerChanged({ target: 'gateway:x', breaker: 'half-open' });
  const after = await figuresOf(bench);
  const of = (name: string): number | undefined => after.get(`waybill_partition_${name}{partition="0"}`);
  expect([after.get('waybill_ready'), ...Object.values(named(after, 'waybill_server_up'))]).toEqual([0, 0]);
  expect(['sequence', 'backlog', 'lag_seconds', 'outbox', 'timers_due'].map(of)).toEqual([7, 3, 2.5, 4, 2]);
  expect(after.get('waybill_breaker_open{target="gateway:x"}')).toBe(1);
});

it('shows what a partition has sent and not yet seen taken', async () => {
  let isLost = true;
  const wrap = (backend: Backend): Backend => ({
    ...backend,
    mailbox: {
      ...backend.mailbox,
      append: (entry) => (entry.dedupe && isLost ? Promise.resolve() : backend.mailbox.append(entry)),
    },
  });
  const bench = await createHttpBench({ wrap });
  const waiting = async (): Promise<number[]> =>
    Object.values(named(await figuresOf(bench), 'waybill_partition_outbox')).filter((count) => count > 0);
  expect(await waiting()).toEqual([]);
  // It asks where there are warehouses.
  await bench.post('/orders', { ...order, id: 'o1' });
  await bench.clock.until(async () => (await waiting()).length > 0);
  isLost = false;
  await bench.clock.until(async () => (await waiting()).length === 0);
});

it('shows the process: its memory, and how late its event loop is', async () => {
  const bench = await createHttpBench();
  const figures = await figuresOf(bench);
  expect(figures.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  expect(figures.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
});

it('counts nothing of a commit that has failed', async () => {
  let fails = 1;
  const wrap = (backend: Backend): Backend => ({
    ...backend,
    store: {
      ...backend.store,
      commit: (...given) => {
        const [, , { records }] = given;
        if (records.length === 0 || fails === 0) return backend.store.commit(...given);
        fails -= 1;
        return Promise.reject(new Error('the store is in doubt'));
      },
    },
  });
  const bench = await createHttpBench({ definitions, wrap });
  const created = bench.post('/orders', { ...order, id: 'o1', draft: true });
  await bench.clock.until(async () => (await bench.get('/orders/o1')).status === 200);
  await created;
  expect(fails).toBe(0);
  expect(named(await figuresOf(bench), 'waybill_commands_total')).toEqual({
    'waybill_commands_total{kind="order",command="create",outcome="accepted"}': 1,
  });
});
