import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import type { Backend } from '../../runtime/ports.ts';
import { messagesOf, standingClock, temporaryFile } from './sqlite-support.ts';

let file: string;
let remove: () => void;

beforeEach(() => {
  ({ file, remove } = temporaryFile());
});
afterEach(() => remove());

/** Runs the writer until it has printed so many lines, kills it, and answers all whole lines. */
async function writeAndKill(lines: number, whileItRuns: () => Promise<void>): Promise<string[]> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/sqlite-writer.ts`, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let text = '';
  let count = 0;
  let looked: Promise<void> | undefined;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    count += chunk.split('\n').length - 1;
    looked ??= whileItRuns();
    if (count >= lines) child.kill('SIGKILL');
  });
  const [, signal] = (await closed) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  await looked;
  return text.slice(0, text.lastIndexOf('\n')).split('\n');
}

/** The highest number that was acknowledged, by caller. */
function acknowledged(lines: readonly string[], pattern: RegExp): Map<string, number> {
  const highest = new Map<string, number>();
  for (const line of lines) {
    const [, caller, number] = pattern.exec(line) ?? [];
    if (caller !== undefined) highest.set(caller, Math.max(highest.get(caller) ?? 0, Number(number)));
  }
  return highest;
}

async function checkAppends(backend: Backend, lines: readonly string[]): Promise<void> {
  const partitions = await Promise.all(
    [0, 1, 2, 3].map((partition) => messagesOf(backend.mailbox, partition)),
  );
  const stored = new Set(partitions.flat().map(({ id }) => `mailbox ${id}`));
  const missing = lines.filter((line) => line.startsWith('mailbox') && !stored.has(line));
  expect(missing).toEqual([]);
  for (const [caller, last] of acknowledged(lines, /^journal (\d+)-(\d+)$/)) {
    const entries = await backend.journal.read({ kind: 'order', id: caller }, 0, 1_000_000);
    expect(entries.length).toBeGreaterThan(last);
    expect(entries.map(({ body }) => body)).toEqual(entries.map((_, n) => `${caller}-${n}`));
  }
}

/** Also what was not acknowledged is there as a whole or not at all, with the messages and entries. */
async function checkCommits(
  { store, mailbox, journal, deadLetters }: Backend,
  lines: readonly string[],
): Promise<void> {
  for (const [caller, last] of acknowledged(lines, /^commit (\d+) (\d+)$/)) {
    const lease = { partition: Number(caller), token: 'after the crash' };
    expect(await store.acquire(lease, 60_000)).toEqual({ acquired: true });
    const { commits, position, highWater } = await store.load(lease);
    const bodies = Array.from({ length: commits }, (_, n) => String(n + 1));
    expect(commits).toBeGreaterThanOrEqual(last);
    expect(position?.sequence).toBe(commits);
    expect(highWater).toBe(commits);
    const delivered = (await messagesOf(mailbox, 5)).filter(({ id }) => id.startsWith(`${caller}-`));
    expect(delivered.map(({ body }) => body)).toEqual(bodies);
    for (const log of [journal, deadLetters]) {
      const entries = await log.read({ kind: 'order', id: `from ${caller}` }, 0, 1_000_000);
      expect(entries.map(({ body }) => body)).toEqual(bodies);
    }
    expect(await store.count('order', `partition=${caller}`)).toBe(commits);
    const keys = bodies.map((number) => `order/p${caller}n${number}`);
    expect(await store.records([...keys, `order/p${caller}n${commits + 1}`])).toEqual([...bodies, undefined]);
  }
}

it('has everything that was acknowledged before a kill -9, and nothing by halves', async () => {
  const clock = standingClock();
  const refused = async (): Promise<void> => {
    await expect(openSqlite({ file, clock })).rejects.toThrow('is in use by another Waybill process');
  };
  for (const lines of [1_000, 6_000]) {
    const printed = await writeAndKill(lines, refused);
    const backend = await openSqlite({ file, clock });
    await checkAppends(backend, printed);
    await checkCommits(backend, printed);
    await backend.close();
    remove();
    ({ file, remove } = temporaryFile());
  }
});
