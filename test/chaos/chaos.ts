/**
 * One run: real processes and servers, clients all along, faults by a schedule; then the faults end, all must
 * settle, and everything is judged: each actor against its answers, the history against the chart and the journal.
 */
import { definitionsWith } from '../../actors/registry.ts';
import { connectNats } from '../../persistence/nats/connect.ts';
import { messageOf } from '../../runtime/errors.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { judge, type Judgement } from '../history/check.ts';
import { contend } from '../history/contend.ts';
import { journalReader } from '../history/journals.ts';
import { recordCalls, type Call, type Recorder } from '../history/recorder.ts';
import { differences } from '../support/compare.ts';
import { silent } from '../support/loggers.ts';
import { seededRandom } from '../support/random.ts';
import { startTraffic, together, type Traffic } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { whyNoFullDisk } from './disk.ts';
import { unleash } from './nemesis.ts';
import { watchOlderState } from './older-state.ts';
import type { Options } from './options.ts';
import { startSystem, type System } from './system.ts';

export interface Report {
  readonly seed: number;
  readonly nodes: number;
  readonly seconds: number;
  /** Answers by what they mean, over all requests. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Kinds that cannot be had here, with the reason. */
  readonly skipped: Readonly<Record<string, string>>;
  /** What was done to a server as an operator would, because it did not start again by itself. */
  readonly mended: readonly string[];
  /** What the processes have logged as errors: some faults are told as such. */
  readonly errors: Readonly<Record<string, number>>;
  /** The longest time without a command that was answered as applied. */
  readonly unavailableMs: number;
  /** Why the run did not get to its end, if so; then nothing is judged. */
  readonly stopped: string | undefined;
  readonly history: Judgement | undefined;
  /** Everything that is wrong; empty if all is well. */
  readonly problems: readonly string[];
}

const registry = createRegistry(definitionsWith());
/** How long it may take until clients get on again after a fault. */
const recoveryMs = 60_000;
/** And until actors that disagree have settled. */
const settleMs = 15_000;

export async function runChaos(options: Options, say: (line: string) => void): Promise<Report> {
  const begin = performance.now();
  const random = seededRandom(options.seed);
  const skipped = await impossible(options);
  for (const [kind, why] of Object.entries(skipped)) say(`skipped ${kind}: ${why}`);
  const mended: string[] = [];
  const system = await startSystem({
    ...{ nodes: options.nodes, random: seededRandom(options.seed + 1) },
    mended(what) {
      mended.push(what);
      say(what);
    },
  });
  const recorder = recordCalls();
  const older = watchOlderState(recorder);
  const traffics = startClients(options, system, recorder);
  const faults: Record<string, number> = {};
  try {
    const started = performance.now();
    const stopped = await unleash({
      ...{ system, random },
      kinds: options.faults.filter((kind) => skipped[kind] === undefined),
      say: (line) => say(`${((performance.now() - started) / 1_000).toFixed(1).padStart(7)} s  ${line}`),
      began({ kind, forgets }) {
        faults[kind] = (faults[kind] ?? 0) + 1;
        if (forgets === true) older.begin();
      },
      recovered: () => recovery(system, traffics).then(() => older.recovered()),
      isOver: () => performance.now() - started > options.minutes * 60_000,
    })
      .then(() => Promise.all(traffics.map((each) => each.finish())))
      .then(() => undefined, messageOf);
    const unavailableMs = longestGap(recorder.appliedAt);
    say(stopped ?? 'the faults are over; all actors are compared with what was answered');
    const history = stopped === undefined ? await judged(system, older.judged(recorder.calls)) : undefined;
    const found = stopped === undefined ? await compared(system, traffics) : [stopped];
    return {
      ...{
        seed: options.seed,
        nodes: options.nodes,
        skipped,
        faults,
        mended,
        unavailableMs,
        stopped,
        history,
      },
      seconds: Math.round((performance.now() - begin) / 1_000),
      outcomes: sums(traffics),
      errors: system.errors(),
      problems: [...found, ...(history?.problems ?? []), ...system.complaints()],
    };
  } finally {
    for (const each of traffics) void each.abandon();
    await system.close();
  }
}

async function impossible({ faults }: Options): Promise<Record<string, string>> {
  const why = faults.includes('disk') ? await whyNoFullDisk() : undefined;
  return why === undefined ? {} : { disk: why };
}

/** Some take orders of their own to the end, some are in each other's way. */
function startClients({ seed }: Options, system: System, { fetch }: Recorder): Traffic[] {
  const shared = { url: () => system.url(), fetch, patienceMs: 2 * recoveryMs };
  return [
    startTraffic({ ...shared, seed: 2 * seed, clients: 6 }),
    startTraffic({
      ...{ ...shared, seed: 2 * seed + 1, clients: 10 },
      work: contend({ orders: 3, commandsEach: 200 }),
    }),
  ];
}

async function recovery(system: System, traffics: readonly Traffic[]): Promise<void> {
  const before = traffics.map(({ counts }) => counts.applied);
  const what = (): string => `clients get on: ${JSON.stringify(sums(traffics))}`;
  await until(() => system.isReady(), { withinMs: recoveryMs, what: () => 'all processes are ready' });
  await until(
    () => traffics.every((each, at) => each.inFlight() >= 0 && each.counts.applied > (before[at] ?? 0) + 10),
    { withinMs: recoveryMs, what },
  );
}

async function compared({ nodes }: System, traffics: readonly Traffic[]): Promise<string[]> {
  const get = nodes[0]?.app.get;
  if (get === undefined) throw new Error('there is always a node');
  return differences(together(traffics), { get, withinMs: settleMs });
}

async function judged({ nats }: System, calls: readonly Call[]): Promise<Judgement> {
  const given = { url: nats.url, namespace: 'waybill', address: 'historian', logger: silent };
  const connected = await connectNats(given);
  try {
    return await judge({ registry, calls, journal: journalReader(connected.journal, registry) });
  } finally {
    await connected.close();
  }
}

function longestGap(times: readonly number[]): number {
  const gaps = times.map((time, index) => time - (times[index - 1] ?? time));
  return Math.round(gaps.reduce((one, other) => Math.max(one, other), 0));
}

function sums(traffics: readonly Traffic[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { counts } of traffics) {
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
  }
  return total;
}
