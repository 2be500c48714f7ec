/** `waybill import` as a child process, its files, and the orders in them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { admin, bearer } from '../support/app.ts';
import { until } from '../support/until.ts';
import { root, type Ended } from './command.ts';

export interface Importing {
  readonly ended: Promise<Ended & { readonly signal: string | null }>;
  stderr(): string;
  send(signal: NodeJS.Signals): void;
}

/** With nothing of Waybill's in its environment but what is given. */
export function startImport(env: Readonly<Record<string, string>>, ...args: string[]): Importing {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('WAYBILL_') && !name.startsWith('VITEST'),
  );
  const child = spawn(process.execPath, ['cli.ts', 'import', ...args], {
    cwd: root,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGKILL');
  process.once('exit', stop);
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (text.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (text.stderr += String(chunk)));
  const ended = new Promise<Awaited<Importing['ended']>>((resolve) => {
    child.on('close', (code, signal) => {
      process.off('exit', stop);
      resolve({ code, signal, ...text });
    });
  });
  return { ended, stderr: () => text.stderr, send: (signal) => void child.kill(signal) };
}

/** The summary's numbers by their names. */
export function summaryOf(stdout: string): Record<string, number> {
  const rows = [...stdout.matchAll(/^([a-z ]+): +([\d,.]+)$/gm)];
  return Object.fromEntries(
    rows.map(([, name = '', value = '']) => [name, Number(value.replaceAll(',', ''))]),
  );
}

export async function tokenOf(roles: readonly string[] = admin.roles): Promise<string> {
  return (await bearer({ ...admin, roles: [...roles] })).authorization.slice('Bearer '.length);
}

export const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };

export function order(id: string): Record<string, unknown> {
  const lines = [{ sku: 'TEAPOT', quantity: 2, unitPrice: 3900 }];
  return { id, customerId: 'ada', currency: 'EUR', shipTo, lines };
}

export async function writeOrders(folder: string, prefix: string, count: number): Promise<string> {
  const file = join(folder, `${prefix}.ndjson`);
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await writeFile(file, ids.map((id) => `${JSON.stringify(order(id))}\n`).join(''));
  return file;
}

/** What was refused, line by line. */
export async function reportOf(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Resolves to how far the import has come, once it has written down that it has come some way. */
export function underWay(file: string): Promise<number> {
  return until(async () => {
    const text = await readFile(`${file}.progress`, 'utf8').catch(() => '{}');
    return (JSON.parse(text) as { line?: number }).line;
  });
}

/** A port that stays the same over restarts. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
