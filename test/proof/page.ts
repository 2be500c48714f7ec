/** The proof page: tables of what the runs have found, and nothing that they have not. */
import { callFaults, plannedFaults } from '../simulation/faults.ts';
import type { Reports } from './reports.ts';

type Row = readonly (string | number)[];

export function proofPage(reports: Reports, versions: Readonly<Record<string, string>>): string {
  const { runs, tests, model, simulation, rules, chaos, history, mutation } = reports;
  return [
    '# Proof',
    'Written by `npm run proof`. Every figure is from these runs; what was not run says so.',
    runs === undefined ? notRun : runsOf(runs),
    '## All tests',
    tests === undefined ? notRun : testsOf(tests),
    '## Every transition and every refusal of every chart',
    'Each chart is walked from its creation; payloads come from its schemas and its context. Every way is then played over HTTP, on the embedded backend and on NATS and Redis, and compared after each step: answer, stored record, journal, messages. In every configuration every event that it does not allow is sent too: it has to be refused for the right reason, and the record has to stay byte for byte the same.',
    model === undefined ? notRun : modelOf(model),
    '## Simulated lives',
    'The real runtime on simulated time, servers, network and processes. One seed drives everything, `npm run simulate -- --seed N` replays it. After each commit the invariants are checked; at the end the faults stop, and everything has to settle.',
    simulation === undefined ? notRun : simulationOf(simulation),
    '## Rules that are needed',
    'Each rule of the design is taken out of the source, and the simulator has to see that it is gone. The seed is the first that did.',
    rules === undefined ? notRun : rulesOf(rules),
    '## Real faults',
    'Processes of the real program, nats-server and redis-server behind a proxy; clients that repeat under their keys; faults from a seeded schedule. In the end every actor is compared with what was answered.',
    chaos === undefined ? notRun : chaosOf(chaos),
    '## History',
    'What the clients of that run saw is judged for linearizability, each actor by its own chart.',
    history === undefined ? notRun : historyOf(history),
    '## Mutation',
    'The tests are run against sources and charts with one small change each. The score is the share that some test noticed.',
    mutation === undefined ? notRun : mutationOf(mutation),
    '## Versions',
    table(['what', 'version'], Object.entries(versions)),
  ]
    .join('\n\n')
    .concat('\n');
}

const notRun = 'Not run.';

function runsOf(runs: NonNullable<Reports['runs']>): string {
  const rows = Object.entries(runs).map(([name, { on, commit, good }]) => [
    name,
    on,
    commit,
    good ? 'good' : 'failed',
  ]);
  return table(['run', 'made on', 'at commit', 'end'], rows);
}

function testsOf(tests: NonNullable<Reports['tests']>): string {
  const { numTotalTests, numPassedTests, numFailedTests, numPendingTests } = tests;
  return table(
    ['tests', 'passed', 'failed', 'skipped'],
    [[numTotalTests, numPassedTests, numFailedTests, numPendingTests]],
  );
}

function modelOf(model: NonNullable<Reports['model']>): string {
  const rows = model.map(({ kind, configurations, states, transitions, pairs, guards, refusals, played }) => [
    kind,
    configurations,
    states.join(' / '),
    transitions.join(' / '),
    pairs,
    guards.join(' / '),
    refusals,
    ...['embedded', 'cluster'].map((backend) => {
      const { steps = 0, differences = [] } = played[backend] ?? {};
      return `${steps.toLocaleString('en')}, ${differences.length} differences`;
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

function simulationOf(simulation: NonNullable<Reports['simulation']>): string {
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

function rulesOf(rules: NonNullable<Reports['rules']>): string {
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
  outcomes,
  unavailableMs,
  verdict,
}: NonNullable<Reports['chaos']>): string {
  const requests = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  return [
    table(
      ['seed', 'processes', 'seconds', 'requests', 'longest time without an applied command', 'verdict'],
      [[seed, nodes, seconds, number(requests), `${unavailableMs} ms`, verdict]],
    ),
    table(['fault', 'times'], Object.entries(faults)),
    table(['request', 'times'], Object.entries(outcomes)),
  ].join('\n\n');
}

function historyOf({ seed, actors, operations, seconds, verdict }: NonNullable<Reports['history']>): string {
  return table(
    ['seed', 'actors', 'operations', 'seconds to judge', 'verdict'],
    [[seed, actors, number(operations), seconds, verdict]],
  );
}

function mutationOf({ groups, survivors }: NonNullable<Reports['mutation']>): string {
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

function table(head: readonly string[], rows: readonly Row[]): string {
  const line = (cells: Row): string =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function number(value: number): string {
  return value.toLocaleString('en');
}
