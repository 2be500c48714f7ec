/** `GET /machines/{kind}/board`: business figures over the last hour or day. */
import type { Context } from 'hono';
import { boardWindowMs, minuteMs, spread, type Board, type Minute } from '../runtime/reading/board.ts';
import type { BoardDefinition } from '../runtime/definition.ts';
import type { Figures } from '../runtime/reading/figures.ts';
import { kindOf } from '../runtime/core/registry.ts';
import { isoTime } from '../runtime/core/view.ts';
import { jsonResponse, type Edge } from './edge.ts';
import { watchedKind } from './figures.ts';
import { ProblemError } from './problems.ts';
import { wrong } from './queries.ts';
import { admitted } from './reads.ts';

export interface BoardStep {
  /** When it begins. */
  readonly at: string;
  readonly created: number;
  readonly finished: number;
  readonly lost: number;
  readonly refused: number;
  /** Finished no later than promised. */
  readonly onTime: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** How many are in each of the states at its end. */
  readonly states: Readonly<Record<string, number>>;
}

export interface BoardJson {
  readonly kind: string;
  readonly at: string;
  /** What happened before is not counted. */
  readonly from: string;
  /** False while what was before is still being read. */
  readonly ready: boolean;
  readonly stepMs: number;
  readonly promiseMs: number;
  /** Oldest first, without gaps. */
  readonly steps: readonly BoardStep[];
  readonly totals: Omit<BoardStep, 'at' | 'states'>;
  /** Of those that began since `from`. */
  readonly funnel: Board['funnel'];
  /** Longer in a state than meant; what is bound in them, in minor units, of the first thousand. */
  readonly stuck: {
    readonly count: number;
    readonly values: readonly { readonly currency: string; readonly amount: number }[];
  };
}

/** Late actors whose value is added up. */
const boundMost = 1_000;

const windows: Readonly<Record<string, { spanMs: number; stepMs: number }>> = {
  '1h': { spanMs: 3_600_000, stepMs: minuteMs },
  '24h': { spanMs: boardWindowMs, stepMs: 15 * minuteMs },
};

export async function board(edge: Edge, c: Context): Promise<Response> {
  const name = watchedKind(edge, c, await admitted(edge, c));
  const { boards, figures } = edge.node.reader;
  const window = windowOf(c);
  const found = boards.of(name);
  const { definition } = kindOf(edge.node.registry, name);
  if (found === undefined || definition.board === undefined) {
    throw new ProblemError({
      name: 'not-found',
      detail: `${name} has no board: its definition does not say what to count`,
    });
  }
  const now = await figures.of(name);
  const late = figures.late(name);
  const bound = await boards.valueOf(name, new Map([...late].slice(0, boundMost)));
  const { spanMs, stepMs } = window;
  const shown: BoardJson = {
    kind: name,
    at: isoTime(found.at),
    from: isoTime(found.from),
    ready: found.ready && now.ready,
    stepMs,
    promiseMs: definition.board.promiseMs,
    ...seriesOf(found, { spec: definition.board, now, spanMs, stepMs }),
    funnel: found.funnel,
    stuck: {
      count: late.size,
      values: Object.entries(bound).map(([currency, amount]) => ({ currency, amount })),
    },
  };
  return jsonResponse(shown, { 'cache-control': 'no-store' });
}

function windowOf(c: Context): { spanMs: number; stepMs: number } {
  const given = [...new URL(c.req.url).searchParams];
  const other = given.find(([each]) => each !== 'window');
  if (other !== undefined) throw wrong(other[0].slice(0, 100), 'is not known; known are: window');
  const name = given.at(-1)?.[1] ?? '24h';
  const window = Object.hasOwn(windows, name) ? windows[name] : undefined;
  if (window === undefined) throw wrong('window', `must be one of ${Object.keys(windows).join(', ')}`);
  return window;
}

interface Seen {
  readonly spec: BoardDefinition;
  readonly now: Figures;
  readonly spanMs: number;
  readonly stepMs: number;
}

function seriesOf(
  { at, minutes }: Board,
  { spec, now, spanMs, stepMs }: Seen,
): Pick<BoardJson, 'steps' | 'totals'> {
  const last = Math.floor(at / stepMs);
  const count = spanMs / stepMs;
  const groups = Array.from({ length: count }, (): Minute[] => []);
  for (const [number, minute] of minutes) {
    groups[count - 1 - (last - Math.floor((number * minuteMs) / stepMs))]?.push(minute);
  }
  const states = new Map(spec.states.map((state) => [state, now.states[state]?.count ?? 0]));
  const steps: BoardStep[] = [];
  // From what is now, backwards: how many there were is how many there are, less what has come since.
  for (const [index, group] of [...groups.entries()].reverse()) {
    // What the figures have seen already the journal's reader may not have, or the other way round.
    const there = Object.fromEntries([...states].map(([state, count]) => [state, Math.max(0, count)]));
    steps.unshift({ at: isoTime((last - (count - 1 - index)) * stepMs), ...sumOf(group), states: there });
    for (const { net } of group) {
      for (const [state, change] of net) states.set(state, (states.get(state) ?? 0) - change);
    }
  }
  return { steps, totals: sumOf(groups.flat()) };
}

function sumOf(minutes: readonly Minute[]): Omit<BoardStep, 'at' | 'states'> {
  const sum = { created: 0, finished: 0, lost: 0, refused: 0, onTime: 0 };
  for (const { created, finished, lost, refused, onTime } of minutes) {
    sum.created += created;
    sum.finished += finished;
    sum.lost += lost;
    sum.refused += refused;
    sum.onTime += onTime;
  }
  return { ...sum, ...spread(minutes.flatMap(({ cycles }) => cycles)) };
}
