/** What runs have measured, for the proof page: `reports/<name>.json`, not under version control. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** When a report was made, and from what. */
export interface Made {
  /** As 2026-01-31. */
  readonly on: string;
  readonly commit: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export function writeReport(name: string, report: object): void {
  mkdirSync(`${root}reports`, { recursive: true });
  const text = JSON.stringify({ made: madeNow(), report }, undefined, 2);
  writeFileSync(`${root}reports/${name}.json`, `${text}\n`);
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
