/** The contract suites against the two backends that live inside the process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMemoryServer } from '../../persistence/memory/server.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import type { Backend, Clock, Stored } from '../../runtime/ports.ts';
import { logContract } from './log.ts';
import { mailboxContract } from './mailbox.ts';
import { repliesContract } from './replies.ts';
import { storeContract, type OpenStore } from './store.ts';

interface Opened {
  readonly backend: Backend;
  readonly advance: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The machine's clock, which a test can put forward. */
function movableClock(): { clock: Clock; advance: (ms: number) => Promise<void> } {
  let ahead = 0;
  return {
    clock: {
      now: () => Date.now() + ahead,
      after(ms, action) {
        const timeout = setTimeout(action, ms);
        return () => clearTimeout(timeout);
      },
    },
    advance(ms) {
      ahead += ms;
      return Promise.resolve();
    },
  };
}

function openMemory(): Promise<Opened> {
  const { clock, advance } = movableClock();
  const backend = createMemoryServer({ clock }).connect('node-1');
  return Promise.resolve({ backend, advance, close: () => backend.close() });
}

async function openFile(): Promise<Opened> {
  const { clock, advance } = movableClock();
  const folder = mkdtempSync(join(tmpdir(), 'waybill-sqlite-'));
  const backend = await openSqlite({ file: join(folder, 'waybill.db'), clock });
  const close = async (): Promise<void> => {
    await backend.close();
    rmSync(folder, { recursive: true });
  };
  return { backend, advance, close };
}

for (const [name, open] of [['memory', openMemory] as const, ['sqlite', openFile] as const]) {
  const openStore = async (): Promise<OpenStore> => {
    const { backend, advance, close } = await open();
    return { store: backend.store, advance, close };
  };
  storeContract(name, openStore, { stages: name === 'memory' });
  mailboxContract(name, async () => {
    const { backend, close } = await open();
    return { mailbox: backend.mailbox, close };
  });
  for (const log of ['journal', 'deadLetters'] as const) {
    logContract(`${name} ${log}`, async () => {
      const { backend, close } = await open();
      return { log: backend[log], close };
    });
  }
}

repliesContract('memory', async () => {
  const server = createMemoryServer({ clock: movableClock().clock });
  const [one, other] = [server.connect('node-1'), server.connect('node-2')];
  const close = async (): Promise<void> => {
    await Promise.all([one.close(), other.close()]);
  };
  return Promise.resolve({ one: one.replies, other: other.replies, close });
});

test('nodes on one memory server share everything but their address, and outlive each other', async () => {
  const { clock, advance } = movableClock();
  const server = createMemoryServer({ clock });
  const [one, other] = [server.connect('node-1'), server.connect('node-2')];
  const taken: string[] = [];
  const inbox = {
    take: (messages: readonly Stored[]) => void taken.push(...messages.map(({ id }) => id)),
    lost: (cause: Error) => expect.unreachable(cause.message),
    backlog: () => 0,
  };
  await one.mailbox.read(0, { sequence: 1 }, inbox);
  await other.mailbox.append({
    to: { kind: 'order', id: '1' },
    partition: 0,
    id: 'a',
    dedupe: false,
    body: '',
  });
  await one.store.acquire({ partition: 0, token: 'token-1' }, 1_000);
  await one.close();
  await other.mailbox.append({
    to: { kind: 'order', id: '1' },
    partition: 0,
    id: 'b',
    dedupe: false,
    body: '',
  });

  expect(taken).toEqual(['a']);
  const next = { partition: 0, token: 'token-2' };
  expect(await other.store.acquire(next, 1_000)).toMatchObject({ acquired: false });
  await advance(1_000);
  expect(await other.store.acquire(next, 1_000)).toEqual({ acquired: true });
});
