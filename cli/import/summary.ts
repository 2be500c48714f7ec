/** What an import has come to, for stdout. */
import type { ImportRequest } from './request.ts';
import type { Progress } from './ledger.ts';
import { grouped } from './progress.ts';

type Counts = Pick<Progress, 'created' | 'there' | 'refused'>;

export interface Summary {
  /** ms, and what an earlier run had settled. */
  readonly begun: Counts & { readonly at: number };
  readonly now: number;
  readonly progress: Progress;
  readonly request: ImportRequest;
}

/** Counts are of all runs; time and speed of this one. */
export function summaryOf({ begun, now, progress, request }: Summary): string {
  const seconds = (now - begun.at) / 1_000;
  const { created, there, refused } = progress;
  const counts: [string, string][] = request.dryRun
    ? [['fit', grouped(created)]]
    : [
        ['created', grouped(created)],
        ['there already', grouped(there)],
      ];
  const rows: [string, string][] = [
    ['read', grouped(sum(progress))],
    ...counts,
    ['refused', grouped(refused)],
    ['seconds', seconds.toFixed(1)],
    ['per second', grouped(Math.round((sum(progress) - sum(begun)) / Math.max(seconds, 0.001)))],
    ...(refused > 0 ? [['report', request.report] as [string, string]] : []),
  ];
  return rows.map(([name, value]) => `${`${name}:`.padEnd(16)}${value}\n`).join('');
}

function sum({ created, there, refused }: Counts): number {
  return created + there + refused;
}
