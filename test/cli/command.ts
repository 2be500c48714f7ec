/** The command line, and other programs, as child processes. */
import { spawn } from 'node:child_process';
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

export function ended(args: readonly string[], env: Env): Promise<Ended> {
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
