/**
 * Journal entries and dead letters on their way to their logs. Each commit keeps its own until all of them
 * are acknowledged (R11).
 */
import type { Clock, Log, Publication } from '../ports.ts';

export interface Publications {
  /** Publishes the entries of a commit. */
  add(commit: number, entries: readonly Publication[]): void;
  /** Publishes again what failed, not before `resendMs` have passed. */
  tick(): void;
  /** Commits whose entries have all arrived: the next commit may drop them. */
  droppable(): number[];
  dropped(commits: readonly number[]): void;
}

interface Waiting {
  readonly entries: readonly Publication[];
  readonly failed: Set<Publication>;
  missing: number;
  sentAt: number;
}

export function createPublications(given: {
  logs: Readonly<Record<Publication['log'], Log>>;
  clock: Clock;
  resendMs: number;
}): Publications {
  const { logs, clock, resendMs } = given;
  const commits = new Map<number, Waiting>();

  function publish(waiting: Waiting, entry: Publication): void {
    waiting.failed.delete(entry);
    logs[entry.log].append({ to: entry.to, id: entry.id, body: entry.body }).then(
      () => (waiting.missing -= 1),
      () => waiting.failed.add(entry),
    );
  }

  return {
    add(commit, entries) {
      if (entries.length === 0) return;
      const waiting = {
        entries,
        failed: new Set<Publication>(),
        missing: entries.length,
        sentAt: clock.now(),
      };
      commits.set(commit, waiting);
      for (const entry of entries) publish(waiting, entry);
    },
    tick() {
      for (const waiting of commits.values()) {
        if (waiting.failed.size === 0 || clock.now() - waiting.sentAt < resendMs) continue;
        waiting.sentAt = clock.now();
        for (const entry of [...waiting.failed]) publish(waiting, entry);
      }
    },
    droppable: () => [...commits].flatMap(([commit, { missing }]) => (missing === 0 ? [commit] : [])),
    dropped(done) {
      for (const commit of done) commits.delete(commit);
    },
  };
}
