/** The proof page: tables of what the runs have found, and nothing that they have not. */
import { callFaults, plannedFaults } from '../simulation/faults.ts';
import type { Found, Report, Reports } from './reports.ts';

type Row = readonly (string | number)[];

export function proofPage(reports: Reports, versions: Readonly<Record<string, string>>): string {
  const { tests, model, simulation, rules, chaos, history, mutation } = reports;
  return [
    '# Proof',
    'Written by `npm run proof`. Every figure is from a run, and each section says when and from which commit; what was not run, or failed, says so.',
    '## All tests',
    ...section([], tests, testsOf),
    '## Every transition and every refusal of every chart',
    ...section(modelText, model, modelOf),
    '## Simulated lives',
    ...section(simulationText, simulation, simulationOf),
    '## Rules that are needed',
    ...section(rulesText, rules, rulesOf),
    '## Real faults',
    ...section(chaosText, chaos, chaosOf),
    '## History',
    ...section(historyText, history, historyOf),
    '## Mutation',
    ...section(mutationText, mutation, mutationOf),
    '## Versions',
    table(['what', 'version'], Object.entries(versions)),
  ]
    .join('\n\n')
    .concat('\n');
}

const modelText = [
  'Each chart is walked from its creation; payloads come from its schemas and its context. Every way is then played over HTTP, on the embedded backend and on NATS and Redis, and compared after each step: answer, stored record, journal, messages. In every configuration every event that it does not allow is sent too: it has to be refused for the right reason, and the record has to stay byte for byte the same.',
];
const simulationText = [
  'The real runtime on simulated time, servers, network and processes. One seed drives everything, `npm run simulate -- --seed N` replays it. After each commit the invariants are checked; at the end the faults stop, and everything has to settle.',
];
const rulesText = [
  'Each rule of the design is taken out of the source, and the simulator has to see that it is gone. The seed is the first that did.',
];
const chaosText = [
  'Processes of the real program, nats-server and redis-server behind a proxy; clients that repeat under their keys; faults from a seeded schedule. In the end every actor is compared with what was answered.',
];
const mendedText =
  'Servers that did not start again were mended as [operations](operations.md#a-full-disk-under-redis) tells:';
const problemsMost = 20;
const historyText = [
  'What the clients of that run saw is judged for linearizability, each actor by its own chart.',
];
const mutationText = [
  'The tests are run against sources and charts with one small change each. The score is the share that some test noticed.',
];

function section<Report>(
  text: readonly string[],
  found: Found<Report> | undefined,
  tell: (report: Report) => string,
): string[] {
  if (found === undefined) return [...text, 'Not run.'];
  const { made } = found;
  const run = made === undefined ? [] : [`Run on ${made.on} at commit ${made.commit}.`];
  if ('failed' in found)
    return [...text, ...run, '**Failed. There is nothing to show:**', quoted(found.failed)];
  return [...text, ...run, tell(found.report)];
}

function testsOf(tests: Report<'tests'>): string {
  const { numTotalTests, numPassedTests, numFailedTests, numPendingTests, code } = tests;
  const counted = table(
    ['tests', 'passed', 'failed', 'skipped'],
    [[numTotalTests, numPassedTests, numFailedTests, numPendingTests]],
  );
  if (code === 0) return counted;
  // Also where no test has: a file that does not load, an error outside all of them.
  return `${counted}\n\n**Failed: Vitest ended with code ${code}.**`;
}

function modelOf(model: Report<'model'>): string {
  const rows = model.map(({ kind, configurations, states, transitions, pairs, guards, refusals, played }) => [
    kind,
    configurations,
    states.join(' / '),
    transitions.join(' / '),
    pairs.join(' / '),
    guards.join(' / '),
    refusals,
    ...['embedded', 'cluster'].map((backend) => {
      const run = played[backend];
      return run === undefined ? 'not played' : `${number(run.steps)}, ${run.differences.length} differences`;
    }),
  ]);
  const cut = model.flatMap(({ kind, cut: limits }) => limits.map((limit) => `${kind}: ${limit}`));
  const excused = model.flatMap(({ kind, excused: reasons }) =>
    Object.entries(reasons).map(([what, why]) => `${kind}, ${what}: ${why}`),
  );
  return [
    table(
      [
        ...['chart', 'configurations', 'states', 'transitions', 'pairs', 'guard outcomes', 'refusals'],
        ...['steps embedded', 'steps NATS + Redis'],
      ],
      rows,
    ),
    cut.length === 0 ? 'Nothing was cut.' : `Cut: ${cut.join('; ')}`,
    ...excused.map((reason) => `Not reached: ${reason}`),
  ].join('\n\n');
}

function simulationOf(simulation: Report<'simulation'>): string {
  const { from, seeds, steps, ms, seconds, faults, failures } = simulation;
  const meanings = Object.entries({ ...callFaults, ...plannedFaults });
  const days = (ms / 86_400_000).toFixed(2);
  return [
    table(
      ['seeds', 'steps', 'simulated days', 'seconds', 'broken invariants'],
      [[`${from}–${from + seeds - 1}`, number(steps), days, Math.round(seconds), failures.length]],
    ),
    ...failures.map(({ seed, message }) => `Seed ${seed}: ${message}`),
    table(
      ['fault', 'times', 'what it is'],
      meanings.map(([kind, meaning]) => [kind, number(faults[kind] ?? 0), meaning]),
    ),
  ].join('\n\n');
}

function rulesOf(rules: Report<'rules'>): string {
  return table(
    ['rule', 'without it', 'found by seed', 'as a break of'],
    rules.map(({ rule, without, seed, invariant }) => [rule, without, seed, invariant]),
  );
}

function chaosOf({
  seed,
  nodes,
  seconds,
  faults,
  skipped,
  mended,
  outcomes,
  unavailableMs,
  verdict,
  problems,
}: Report<'chaos'>): string {
  const requests = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  return [
    table(
      ['seed', 'processes', 'seconds', 'requests', 'longest time without an applied command', 'verdict'],
      [[seed, nodes, seconds, number(requests), `${unavailableMs} ms`, verdict]],
    ),
    ...(problems.length === 0 ? [] : ['**Failed:**', ...problems.slice(0, problemsMost).map(quoted)]),
    ...Object.entries(skipped).map(([kind, why]) => `Not done: ${kind}: ${why}`),
    table(['fault', 'times'], Object.entries(faults)),
    ...(mended.length === 0 ? [] : [mendedText, quoted(mended.join('\n'))]),
    table(['request', 'times'], Object.entries(outcomes)),
  ].join('\n\n');
}

function historyOf({ seed, actors, operations, seconds, verdict }: Report<'history'>): string {
  return table(
    ['seed', 'actors', 'operations', 'seconds to judge', 'verdict'],
    [[seed, actors, number(operations), seconds, verdict]],
  );
}

function mutationOf({ groups, survivors }: Report<'mutation'>): string {
  const rows = Object.entries(groups).map(([group, { killed, survived, noCoverage, timeout, score }]) => [
    group,
    killed,
    timeout,
    survived,
    noCoverage,
    `${score.toFixed(1)} %`,
  ]);
  return [
    table(['group', 'killed', 'ran for ever', 'survived', 'not covered', 'score'], rows),
    ...(survivors.charts.length === 0
      ? []
      : [
          `Changes to charts that no test noticed:\n\n${survivors.charts.map((name) => `- ${name}`).join('\n')}`,
        ]),
  ].join('\n\n');
}

/** As it stands, whatever is in it. */
function quoted(text: string): string {
  return text.trim().replaceAll(/^(?=.)/gm, '    ');
}

function table(head: readonly string[], rows: readonly Row[]): string {
  const line = (cells: Row): string =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function number(value: number): string {
  return value.toLocaleString('en');
}
