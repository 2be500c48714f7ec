/** Where a server program comes from: the machine, Docker, or (as root on Debian) a package. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export type ProgramName = 'nats-server' | 'redis-server';

export interface Program {
  readonly name: ProgramName;
  /** A path, or undefined: run the image in Docker. */
  readonly path?: string;
}

export const images: Record<ProgramName, string> = { 'nats-server': 'nats:2.10', 'redis-server': 'redis:7' };

const run = promisify(execFile);

/**
 * Found on PATH (or in the folders of the system), else run in Docker, else installed if `mayInstall`.
 * Rejects with one line that says what to install: a test never skips for want of a server.
 */
export async function findProgram(name: ProgramName, mayInstall: boolean): Promise<Program> {
  const path = pathOf(name);
  if (path !== undefined) return { name, path };
  if (await dockerAnswers()) return { name };
  if (mayInstall && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    await install(['nats-server', 'redis-server']);
    const installed = pathOf(name);
    if (installed !== undefined) return { name, path: installed };
  }
  throw new Error(
    `no ${name} to test with: install it (Debian: apt-get install nats-server redis-server) or start Docker`,
  );
}

function pathOf(name: string): string | undefined {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/bin',
    '/usr/local/bin',
  ];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function dockerAnswers(): Promise<boolean> {
  return run('docker', ['info'], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

/** Chromium, or Chrome: on this machine, else installed as the servers are. Rejects like `findProgram`. */
export async function findBrowser(): Promise<string> {
  const find = (): string | undefined =>
    ['chromium', 'chromium-browser', 'google-chrome'].map(pathOf).find((path) => path !== undefined);
  const path = find();
  if (path !== undefined) return path;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    await install(['chromium']);
    const installed = find();
    if (installed !== undefined) return installed;
  }
  throw new Error('no Chromium to test with: install it (Debian: apt-get install chromium)');
}

/** At once; Debian would start what it installs as a service on the standard ports, a policy forbids it. */
async function install(packages: readonly string[]): Promise<void> {
  process.stderr.write(`installing ${packages.join(' and ')} with apt-get for the tests\n`);
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '-y', ...packages], { env });
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}
