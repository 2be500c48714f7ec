/** `GET /metrics`: what the node counts and how it stands, as Prometheus reads it. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Reply } from '../runtime/caller.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Node } from '../runtime/node.ts';
import { readiness, type PartitionStatus } from '../runtime/status.ts';

type Watched = Pick<Node, 'caller' | 'counters' | 'options' | 'status'>;

export interface Metrics {
  /** The node has replied to a command from outside. */
  answered(kind: string, reply: Reply['reply'], ms: number): void;
  /** `GET /metrics` */
  answer(): Promise<Response>;
}

export function createMetrics(node: Watched): Metrics {
  const register = new Registry();
  const duration = new Histogram({
    name: 'waybill_command_duration_seconds',
    help: 'From the body read to the reply known, by kind and reply',
    labelNames: ['kind', 'reply'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers: [register],
  });
  for (const figure of figures) addFigure(register, figure, node);
  let watchesProcess = false;
  return {
    answered: (kind, reply, ms) => duration.observe({ kind, reply }, ms / 1_000),
    async answer() {
      // Where nobody asks, the event loop is not measured.
      if (!watchesProcess) collectDefaultMetrics({ register });
      watchesProcess = true;
      const headers = { 'content-type': register.contentType, 'cache-control': 'no-store' };
      return new Response(await register.metrics(), { headers });
    },
  };
}

/** Read when somebody asks, from what is counted and known anyway. */
interface Figure {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Values of the labels, then the number. */
  readonly read: (node: Watched) => Iterable<readonly [...string[], number]>;
}

/** What ends in `_total` only grows. */
function addFigure(register: Registry, { name, help, labels, read }: Figure, node: Watched): void {
  const shared = { name, help, labelNames: labels, registers: [register] };
  const labelled = (values: readonly unknown[]) =>
    Object.fromEntries(labels.map((label, index) => [label, String(values[index])]));
  if (name.endsWith('_total')) {
    new Counter({
      ...shared,
      collect() {
        this.reset();
        for (const row of read(node)) this.inc(labelled(row), numberIn(row));
      },
    });
    return;
  }
  new Gauge({
    ...shared,
    collect() {
      this.reset();
      for (const row of read(node)) this.set(labelled(row), numberIn(row));
    },
  });
}

function numberIn(row: readonly [...string[], number]): number {
  return row.at(-1) as number;
}

const figures: readonly Figure[] = [
  counted('waybill_commits_total', 'Commits made', ({ totals }) => totals.commits),
  {
    name: 'waybill_turns_total',
    help: 'Messages that a turn was run for, by kind, where they come from, and what came of them',
    labels: ['kind', 'source', 'outcome'],
    read: ({ counters }) => flat(counters.turns),
  },
  {
    name: 'waybill_commands_total',
    help: 'Commands from outside, by kind, command, and outcome: accepted, why refused, or dead',
    labels: ['kind', 'command', 'outcome'],
    read: ({ counters }) => flat(counters.commands),
  },
  {
    name: 'waybill_repeated_total',
    help: 'What came again and was not done again, by what it is',
    labels: ['what'],
    read: ({ counters: { totals } }) => [
      ['command', totals.repeatedCommands],
      ['message', totals.repeatedMessages],
    ],
  },
  {
    name: 'waybill_dead_letters_total',
    help: 'Messages that nobody could handle, by kind',
    labels: ['kind'],
    read: ({ counters }) => counters.deadLetters,
  },
  {
    name: 'waybill_activity_calls_total',
    help: 'Calls of activities that have ended, by target and how',
    labels: ['target', 'end'],
    read: ({ counters }) =>
      [...counters.calls].flatMap(([target, ends]) => [...ends].map(([end, n]) => [target, end, n] as const)),
  },
  known('waybill_ready', 'Whether it can do its work, as /readyz says', ({ options, status }) =>
    Number(readiness(status.getSnapshot().context, options.partitions).ready),
  ),
  known('waybill_commands_waiting', 'Commands that wait for their answer', ({ caller }) => caller.waiting()),
  known(
    'waybill_clock_difference_seconds',
    'The mailbox’s clock less this node’s, where it is too much',
    (node) => (node.status.getSnapshot().context.clockDiffersMs ?? 0) / 1_000,
  ),
  {
    name: 'waybill_server_up',
    help: 'Whether a server behind this one answers',
    labels: ['server'],
    read: ({ status }) =>
      status.getSnapshot().context.servers.map(({ name, up }) => [name, Number(up)] as const),
  },
  {
    name: 'waybill_breaker_open',
    help: 'Whether calls to a target wait because the last ones have failed; none: it has never been open',
    labels: ['target'],
    read: ({ status }) =>
      Object.entries(status.getSnapshot().context.breakers).map(
        ([target, state]) => [target, Number(state !== 'closed')] as const,
      ),
  },
  partitioned('owned', 'Whether this node owns the partition', ({ owned }) => Number(owned)),
  partitioned('sequence', 'Mailbox sequence up to which it has committed', ({ sequence }) => sequence),
  partitioned('backlog', 'Messages read and not yet committed', ({ backlog }) => backlog),
  partitioned('lag_seconds', 'How old the oldest of them is', ({ lagMs }) => lagMs / 1_000),
  partitioned(
    'outbox',
    'Messages to other partitions that are not known to be taken',
    ({ outbox }) => outbox,
  ),
  partitioned('timers_due', 'Timers whose time has come and that have not been taken', (of) => of.timersDue),
];

function counted(name: string, help: string, read: (counters: Counters) => number): Figure {
  return known(name, help, ({ counters }) => read(counters));
}

function known(name: string, help: string, read: (node: Watched) => number): Figure {
  return { name, help, labels: [], read: (node) => [[read(node)]] };
}

function partitioned(name: string, help: string, read: (partition: PartitionStatus) => number): Figure {
  return {
    name: `waybill_partition_${name}`,
    help,
    labels: ['partition'],
    read: ({ status }) =>
      Object.entries(status.getSnapshot().context.partitions).map(
        ([partition, of]) => [partition, read(of)] as const,
      ),
  };
}

function* flat(table: Counters['turns']): Generator<readonly [string, string, string, number]> {
  for (const [kind, rows] of table) {
    for (const [name, outcomes] of rows) {
      for (const [outcome, count] of outcomes) yield [kind, name, outcome, count];
    }
  }
}
