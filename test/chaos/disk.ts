/**
 * A full disk for one server, without root: the largest file that the process may write is what it has written.
 * Linux only. A write beyond it gets a signal that ends the process, unless it is started with that ignored.
 *
 * Redis takes a short write back by cutting the file. Where a rewrite has begun the file, 7.0.15 has it open without
 * O_APPEND: its place stays behind the cut, and the next write leaves a gap of zeros before it. Memory is right and
 * Redis goes on; but it does not start from such a file until somebody has cut off the gap and all behind it.
 */
import { execFile } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../runtime/errors.ts';
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

/** Small, so that files are rewritten every few seconds, and a full disk meets one that a rewrite has begun. */
const options = { args: ['--auto-aof-rewrite-min-size', '4mb'] };

/** Redis that lives on when its disk is full, and is mended when it does not start from its file; `tell` is told. */
export async function startRedisForFullDisk(tell: (mended: string) => void): Promise<Server> {
  const { path } = await findProgram('redis-server', true);
  if (path === undefined) return startRedis(options);
  const folder = await makeFolder();
  const wrapper = join(folder.path, 'redis-server');
  writeFileSync(wrapper, `#!/bin/sh\ntrap '' XFSZ\nexec ${path} "$@"\n`);
  chmodSync(wrapper, 0o755);
  const before = process.env['PATH'] ?? '';
  process.env['PATH'] = `${folder.path}${delimiter}${before}`;
  try {
    const redis = await startRedis(options);
    return {
      ...redis,
      get pid() {
        return redis.pid;
      },
      async restart() {
        try {
          await redis.restart();
        } catch (error) {
          if (!messageOf(error).includes('Bad file format')) throw error;
          tell(`Redis does not start from its append-only file. ${await cutFile(path, redis.dataDir)}`);
          await redis.restart();
        }
      },
      stop: () => redis.stop().finally(folder.remove),
    };
  } finally {
    process.env['PATH'] = before;
  }
}

/** What docs/operations.md tells an operator to do; resolves to what was done. */
async function cutFile(redisServer: string, dataDir: string): Promise<string> {
  const manifest = join(dataDir, 'appendonlydir', 'appendonly.aof.manifest');
  const program = join(dirname(redisServer), 'redis-check-aof');
  const first = await checkAof(program, manifest);
  const broken = /AOF (\S+) because it is not the last file/.exec(first)?.[1];
  const dropped = broken === undefined ? [] : dropBehind(broken, manifest);
  const said = broken === undefined ? first : await checkAof(program, manifest);
  if (!said.includes('All AOF files and manifest are valid')) {
    throw new Error(`redis-check-aof --fix has failed: ${said.slice(-1_000)}`);
  }
  const cut = /^This will shrink .*$/m.exec(said)?.[0] ?? 'nothing to cut';
  return [...dropped.map((line) => `Out of the manifest: ${line}.`), `redis-check-aof --fix: ${cut}`].join(
    ' ',
  );
}

/** All that it says; it ends with 1 where it cannot help. */
async function checkAof(program: string, manifest: string): Promise<string> {
  const checking = run(program, ['--fix', manifest]);
  checking.child.stdin?.end('y\n');
  return checking.then(
    ({ stdout }) => stdout,
    (error: unknown) => `${(error as { stdout?: string }).stdout ?? ''}${messageOf(error)}`,
  );
}

/** A rewrite had begun another file: with a stretch missing before it, it would make a state that never was. */
function dropBehind(broken: string, manifest: string): string[] {
  const lines = readFileSync(manifest, 'utf8').trimEnd().split('\n');
  const kept = lines.findIndex((line) => line.startsWith(`file ${broken} `)) + 1;
  writeFileSync(manifest, `${lines.slice(0, kept).join('\n')}\n`);
  return lines.slice(kept);
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
