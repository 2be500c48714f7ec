/**
 * A full disk for one server, without root: the largest file that the process may write is what it has written.
 * Linux only. A write beyond it gets a signal that ends the process, unless it is started with that ignored.
 */
import { execFile } from 'node:child_process';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { makeFolder } from '../support/places.ts';
import { findProgram } from '../support/programs.ts';
import { startRedis, type Server } from '../support/servers.ts';

const run = promisify(execFile);

/** Why it cannot be done here, if so. */
export async function whyNoFullDisk(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'limits of a running process are a thing of Linux';
  const { path } = await findProgram('redis-server', true);
  if (path === undefined) return 'redis-server runs in Docker, out of reach';
  return run('prlimit', ['--version']).then(
    () => undefined,
    () => 'there is no prlimit',
  );
}

/** Redis that lives on when its disk is full. */
export async function startRedisForFullDisk(): Promise<Server> {
  const { path } = await findProgram('redis-server', true);
  if (path === undefined) return startRedis();
  const folder = await makeFolder();
  const wrapper = join(folder.path, 'redis-server');
  writeFileSync(wrapper, `#!/bin/sh\ntrap '' XFSZ\nexec ${path} "$@"\n`);
  chmodSync(wrapper, 0o755);
  const before = process.env['PATH'] ?? '';
  process.env['PATH'] = `${folder.path}${delimiter}${before}`;
  try {
    const redis = await startRedis();
    return {
      ...redis,
      get pid() {
        return redis.pid;
      },
      stop: () => redis.stop().finally(folder.remove),
    };
  } finally {
    process.env['PATH'] = before;
  }
}

/** No file of its data grows any more. */
export async function fillDisk({ pid, dataDir }: Server): Promise<void> {
  const folder = join(dataDir, 'appendonlydir');
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  await setLimit(pid, String(Math.max(...sizes) + 1));
}

export function freeDisk({ pid }: Server): Promise<void> {
  return setLimit(pid, 'unlimited');
}

/** The soft one alone, so that it can be lifted again. */
async function setLimit(pid: number, bytes: string): Promise<void> {
  await run('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
}
