/** What test runs have measured, for the proof page: `reports/<name>.json`, not under version control. */
import { mkdirSync, writeFileSync } from 'node:fs';

const folder = new URL('../../reports/', import.meta.url);

export function writeReport(name: string, report: object): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(report, undefined, 2)}\n`);
}
