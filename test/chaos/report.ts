/** What a run has found: as files, and as a table for a person. */
import { writeFailure, writeReport } from '../support/report.ts';
import type { Judgement } from '../history/check.ts';
import type { Report } from './chaos.ts';

/** `reports/chaos.json`, and the history’s own part of it in `reports/history.json`. */
export function writeReports(report: Report, folder?: string): void {
  const { history, ...rest } = report;
  writeReport(
    'chaos',
    { ...rest, verdict: verdictOf(report), history: history?.verdict ?? notJudged },
    folder,
  );
  if (history === undefined) writeFailure('history', `${notJudged}: ${report.stopped ?? ''}`, folder);
  else writeReport('history', { seed: report.seed, ...history }, folder);
}

const notJudged = 'not judged, the run stopped early';

export function verdictOf({ stopped, problems }: Report): string {
  if (stopped !== undefined) return notJudged;
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
    ['servers mended by hand', String(mended.length)],
    ['errors logged', listOf(errors)],
    ['longest time without an applied command', `${unavailableMs} ms`],
    ['history', history === undefined ? notJudged : historyOf(history)],
    ['verdict', verdictOf(report)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  return [...lines, ...problems.slice(0, 50).map((problem) => `\n${problem}`), ''].join('\n');
}

function historyOf({ verdict, actors, operations, seconds }: Judgement): string {
  return `${verdict}: ${operations} operations on ${actors} actors, judged in ${seconds} s`;
}

function listOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
