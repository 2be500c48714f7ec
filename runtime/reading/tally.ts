/** Refusals and moves of a kind, counted by the hour, so that what is older than the window can go. */
import type { StateValue } from 'xstate';
import { leafPaths } from '../core/chart.ts';
import type { FeedEntry } from './feed.ts';

export interface Refused {
  /** The innermost state around all that it was in. */
  readonly state: string;
  readonly event: string;
  readonly reason: string;
  readonly people: number;
  readonly systems: number;
}

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly count: number;
}

export interface Tally {
  take(entry: FeedEntry): void;
  at(now: number): { refused: readonly Refused[]; moves: readonly Move[] };
}

interface Hour {
  readonly hour: number;
  readonly refused: Map<string, { people: number; systems: number }>;
  readonly moves: Map<string, number>;
}

const hourMs = 3_600_000;

export function createTally(windowMs: number): Tally {
  let hours: Hour[] = [];

  function hourOf(at: number): Hour {
    const hour = Math.floor(at / hourMs);
    let found = hours.find((each) => each.hour === hour);
    if (found === undefined) {
      found = { hour, refused: new Map(), moves: new Map() };
      hours = [...hours.filter((each) => (hour - each.hour) * hourMs <= windowMs), found];
    }
    return found;
  }

  return {
    take({ outcome, event, from, to, reason, source, at }) {
      const hour = hourOf(at);
      if (outcome === 'refused') {
        const key = JSON.stringify([around(from), event.type, reason ?? '']);
        const counts = hour.refused.get(key) ?? { people: 0, systems: 0 };
        hour.refused.set(key, counts);
        counts[source.from === 'outside' ? 'people' : 'systems'] += 1;
        return;
      }
      for (const [was, is] of movesBetween(from, to)) {
        const key = JSON.stringify([was, is, event.type]);
        hour.moves.set(key, (hour.moves.get(key) ?? 0) + 1);
      }
    },
    at(now) {
      const recent = hours.filter(({ hour }) => now - hour * hourMs <= windowMs + hourMs);
      return { refused: refusedIn(recent), moves: movesIn(recent) };
    },
  };
}

/** The innermost state around all that it was in; empty: the chart, or nothing was there. */
function around(value: unknown): string {
  if (value === null || value === undefined) return '';
  const [first = [], ...others] = leafPaths(value as StateValue).map((path) => path.split('.'));
  const same = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return first.slice(0, same === -1 ? undefined : same).join('.');
}

/** Leaves that were left and leaves that were entered, where they are of the same region. */
function movesBetween(from: unknown, to: unknown): [string, string][] {
  const before = from === null ? [] : leafPaths(from as StateValue);
  const after = leafPaths(to as StateValue);
  const left = before.filter((path) => !after.includes(path));
  const entered = after.filter((path) => !before.includes(path));
  return entered.map((path) => [
    left.find((other) => regionOf(other) === regionOf(path)) ?? left[0] ?? '',
    path,
  ]);
}

function regionOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

function refusedIn(hours: readonly Hour[]): Refused[] {
  const sums = new Map<string, { people: number; systems: number }>();
  for (const { refused } of hours) {
    for (const [key, { people, systems }] of refused) {
      const sum = sums.get(key) ?? { people: 0, systems: 0 };
      sums.set(key, { people: sum.people + people, systems: sum.systems + systems });
    }
  }
  return [...sums].map(([key, counts]) => {
    const [state = '', event = '', reason = ''] = JSON.parse(key) as string[];
    return { state, event, reason, ...counts };
  });
}

function movesIn(hours: readonly Hour[]): Move[] {
  const sums = new Map<string, number>();
  for (const { moves } of hours) {
    for (const [key, count] of moves) sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return [...sums].map(([key, count]) => {
    const [from = '', to = '', event = ''] = JSON.parse(key) as string[];
    return { from, to, event, count };
  });
}
