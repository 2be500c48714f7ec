/**
 * A store that was killed may come back older than it was (R8). Until the mailbox is read again, reads show that
 * older state, and are not judged; answers to commands always are.
 */
import type { Call, Recorder } from '../history/recorder.ts';

export interface OlderState {
  /** The store has been killed. */
  begin(): void;
  /** Clients get on again. */
  recovered(): void;
  judged(calls: readonly Call[]): Call[];
}

/** Leases have run out and mailboxes are read again by then: both take about a second. */
const leastMs = 5_000;

export function watchOlderState({ now }: Pick<Recorder, 'now'>): OlderState {
  const over: { from: number; to: number }[] = [];
  let present: { from: number; since: number } | undefined;

  return {
    begin() {
      present = { from: present?.from ?? now(), since: performance.now() };
    },
    recovered() {
      if (present === undefined || performance.now() < present.since + leastMs) return;
      over.push({ from: present.from, to: now() });
      present = undefined;
    },
    judged(calls) {
      const all = present === undefined ? over : [...over, { from: present.from, to: Infinity }];
      return calls.filter(
        ({ command, invoked, returned }) =>
          command !== 'read' || all.every(({ from, to }) => returned < from || invoked > to),
      );
    },
  };
}
