/** Scores of mutants: how many of those that a test could have noticed were noticed. */
import type { ChartResult } from './chart-run.ts';
import { operators } from './charts.ts';
import type { CodeMutant } from './code.ts';

/** Percent; below it a group fails. */
export const threshold = 85;

export interface Score {
  readonly killed: number;
  readonly survived: number;
  readonly noCoverage: number;
  readonly timeout: number;
  /** Percent of the mutants that were run; a timeout is a kill: the mutant ran for ever. */
  readonly score: number;
}

export interface Report {
  /** `machines`, `core`, `charts`: those of which something was run. */
  readonly groups: Readonly<Record<string, Score>>;
  readonly files: Readonly<Record<string, Score>>;
  readonly charts: Readonly<Record<string, Score & { operators: Readonly<Record<string, Score>> }>>;
  readonly survivors: { readonly code: readonly CodeMutant[]; readonly charts: readonly string[] };
  /** Groups below the threshold. */
  readonly below: readonly string[];
}

export function reportOf(code: readonly CodeMutant[], charts: readonly ChartResult[]): Report {
  const groups = {
    ...scoresBy(code, ({ file }) => (file.startsWith('machines/') ? 'machines' : 'core'), scoreOfCode),
    ...scoresBy(charts, () => 'charts', scoreOfCharts),
  };
  const byChart = Object.entries(Object.groupBy(charts, ({ chart }) => chart));
  return {
    groups,
    files: scoresBy(code, ({ file }) => file, scoreOfCode),
    charts: Object.fromEntries(
      byChart.map(([chart, results = []]) => [
        chart,
        {
          ...scoreOfCharts(results),
          operators: scoresBy(results, ({ operator }) => operator, scoreOfCharts),
        },
      ]),
    ),
    survivors: {
      code: code.filter(({ verdict }) => verdict === 'survived' || verdict === 'noCoverage'),
      charts: charts.filter(({ killedBy }) => killedBy === undefined).map(({ name }) => name),
    },
    below: Object.keys(groups).filter((group) => (groups[group]?.score ?? 0) < threshold),
  };
}

function scoresBy<Item>(
  items: readonly Item[],
  groupOf: (item: Item) => string,
  scoreOf: (items: readonly Item[]) => Score,
): Record<string, Score> {
  const groups = Object.entries(Object.groupBy(items, groupOf));
  return Object.fromEntries(groups.map(([group, some = []]) => [group, scoreOf(some)]));
}

function scoreOfCode(mutants: readonly CodeMutant[]): Score {
  const count = (verdict: CodeMutant['verdict']): number =>
    mutants.filter((mutant) => mutant.verdict === verdict).length;
  return scoreOf({
    killed: count('killed'),
    survived: count('survived'),
    noCoverage: count('noCoverage'),
    timeout: count('timeout'),
  });
}

function scoreOfCharts(results: readonly ChartResult[]): Score {
  const survived = results.filter(({ killedBy }) => killedBy === undefined).length;
  return scoreOf({ killed: results.length - survived, survived, noCoverage: 0, timeout: 0 });
}

function scoreOf(counts: Omit<Score, 'score'>): Score {
  const noticed = counts.killed + counts.timeout;
  const all = noticed + counts.survived + counts.noCoverage;
  return { ...counts, score: all === 0 ? 100 : Math.round((noticed / all) * 10_000) / 100 };
}

/** For people: a table of files, a table of charts by operator, and the chart mutants that survived. */
export function tablesOf({ groups, files, charts, survivors }: Report): string {
  const columns = ['killed', 'survived', 'no cover', 'timeout', 'score'];
  const row = (name: string, { killed, survived, noCoverage, timeout, score }: Score): string[] => [
    name,
    ...[killed, survived, noCoverage, timeout].map(String),
    `${score.toFixed(1)} %`,
  ];
  const ofCharts = Object.entries(charts).flatMap(([chart, score]) => [
    row(chart, score),
    ...operators.flatMap((operator) => {
      const of = score.operators[operator];
      return of === undefined ? [] : [row(`  ${operator}`, of)];
    }),
  ]);
  const ofFiles = Object.entries(files).map(([file, score]) => row(file, score));
  return [
    ...table(['code', ...columns], ofFiles),
    ...table(['chart', ...columns], ofCharts),
    ...(survivors.charts.length === 0
      ? []
      : ['survived:', ...survivors.charts.map((name) => `  ${name}`), '']),
    ...table(
      [`all (at least ${threshold} %)`, ...columns],
      Object.entries(groups).map(([group, score]) => row(group, score)),
    ),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line), ''];
}
