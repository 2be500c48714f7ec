/** The command line as a child process, and what it has written, run by Vitest in a project of its own. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Env } from '../support/app.ts';

export const root = join(import.meta.dirname, '..', '..');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function waybill(env: Env, ...args: string[]): Promise<Ended> {
  return ended(['cli.ts', ...args], env);
}

function ended(args: readonly string[], env: Env): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('WAYBILL_') && !name.startsWith('VITEST'),
  );
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (text.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (text.stderr += String(chunk)));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, ...text }));
  });
}

export interface Incidents {
  readonly folder: string;
  /** Runs every test in the folder. */
  test(): Promise<Ended>;
  /** Checks their types, as the project checks its own. */
  types(): Promise<Ended>;
  lint(): Promise<Ended>;
  close(): Promise<void>;
}

/** In the project, so that imports find it; in a folder that the project's own tests and git leave alone. */
export async function makeIncidents(): Promise<Incidents> {
  await mkdir(join(root, 'data'), { recursive: true });
  const folder = await mkdtemp(join(root, 'data', 'incidents-'));
  const config = join(folder, 'vitest.config.ts');
  const inOneWorker = { root: folder, isolate: false, maxWorkers: 1 };
  await writeFile(config, `export default { test: ${JSON.stringify(inOneWorker)} };\n`);
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'] }),
  );
  const tool = (...path: string[]): string => join(root, 'node_modules', ...path);
  return {
    folder,
    test: () => ended([tool('vitest', 'vitest.mjs'), 'run', '--config', config], {}),
    types: () => ended([tool('typescript', 'bin', 'tsc'), '-p', folder], {}),
    lint: () =>
      ended(
        [tool('eslint', 'bin', 'eslint.js'), '--no-ignore', '--max-warnings', '0', join(folder, '*.test.ts')],
        {},
      ),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
