/** What a run has found: as files, and as a table for a person. */
import { writeReport } from '../support/report.ts';
import type { Report } from './chaos.ts';

/** `reports/chaos.json`, and the history’s own part of it in `reports/history.json`. */
export function writeReports(report: Report): void {
  const { history, ...rest } = report;
  writeReport('chaos', { ...rest, verdict: verdictOf(report), history: history?.verdict });
  writeReport('history', { seed: report.seed, ...history });
}

export function verdictOf({ problems }: Report): string {
  return problems.length === 0 ? 'nothing lost, nothing twice' : `${problems.length} problems`;
}

export function tableOf(report: Report): string {
  const { seed, nodes, seconds, outcomes, faults, mended, errors, unavailableMs, history, problems } = report;
  const rows: [string, string][] = [
    ['seed', String(seed)],
    ['processes', String(nodes)],
    ['seconds', String(seconds)],
    ['requests', listOf(outcomes)],
    ['faults', listOf(faults)],
    ['servers mended by hand', `${mended.length} times`],
    ['errors logged', listOf(errors)],
    ['longest time without an applied command', `${unavailableMs} ms`],
    ['actors', String(history?.actors ?? 0)],
    ['operations judged', `${history?.operations ?? 0} in ${history?.seconds ?? 0} s`],
    ['history', history?.verdict ?? 'not judged'],
    ['verdict', verdictOf(report)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  return [...lines, ...problems.slice(0, 50).map((problem) => `\n${problem}`), ''].join('\n');
}

function listOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
