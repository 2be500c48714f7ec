/** What runs have measured, or why they have not, for the proof page: `reports/<name>.json`, not under version control. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** When a report was made, and from what. */
export interface Made {
  /** As 2026-01-31. */
  readonly on: string;
  readonly commit: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export const reportsFolder = join(root, 'reports');

export function reportFile(name: string, folder = reportsFolder): string {
  return join(folder, `${name}.json`);
}

export function writeReport(name: string, report: object, folder = reportsFolder): void {
  write(name, { report }, folder);
}

/** In place of a report: the run has found nothing out, and why. */
export function writeFailure(name: string, failed: string, folder = reportsFolder): void {
  write(name, { failed }, folder);
}

function write(name: string, content: object, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const text = JSON.stringify({ made: madeNow(), ...content }, undefined, 2);
  writeFileSync(reportFile(name, folder), `${text}\n`);
}

function madeNow(): Made {
  const dirty = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes';
  return {
    on: new Date().toISOString().slice(0, 10),
    commit: `${git('rev-parse', '--short', 'HEAD')}${dirty}`,
  };
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
