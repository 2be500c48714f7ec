/** Makes one run, so that afterwards each of its reports says what this run has found, or that it has failed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { reportFile, reportsFolder, writeFailure, writeReport } from '../support/report.ts';

export interface Run {
  readonly meaning: string;
  readonly reports: readonly string[];
  /** Of Node. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Vitest leaves one of its own, which does not say what it was made from: the report `tests` is made of it. */
  readonly vitest?: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Resolves to whether it ended well. */
export async function make({ reports, args, env, vitest }: Run, folder = reportsFolder): Promise<boolean> {
  // The page never shows an older run.
  for (const name of [...reports, vitestName]) rmSync(reportFile(name, folder), { force: true });
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (vitest === true) tellTests(code, folder);
  const missing = reports.filter((name) => !existsSync(reportFile(name, folder)));
  for (const name of missing) {
    const end = signal === null ? `code ${code}` : signal;
    writeFailure(name, `the run ended with ${end} and left no report of this`, folder);
  }
  return code === 0 && missing.length === 0;
}

export const vitestName = 'vitest';

function tellTests(code: number | null, folder: string): void {
  const file = reportFile(vitestName, folder);
  if (!existsSync(file)) return;
  const report = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const counts = Object.entries(report).filter(([field]) => field.startsWith('num'));
  writeReport('tests', { ...Object.fromEntries(counts), code: code ?? -1 }, folder);
}
