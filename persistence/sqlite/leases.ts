/** Ownership of the partitions. All of it runs inside the group commit, so checks and writes are one step. */
import type { DatabaseSync } from 'node:sqlite';
import { FencedError } from '../../runtime/errors.ts';
import type { Clock, Lease } from '../../runtime/ports.ts';

export interface Leases {
  acquire(lease: Lease, leaseMs: number): { acquired: true } | { acquired: false; remainingMs: number };
  renew(lease: Lease, commits: number, leaseMs: number): void;
  release(lease: Lease): void;
  /** `FencedError` unless the lease is ours, still runs and, where given, the commit number is the stored one. */
  check(lease: Lease, commits?: number): void;
}

interface Row {
  readonly token: string | null;
  readonly deadline: number;
  readonly commits: number;
}

export function createLeases(database: DatabaseSync, clock: Clock): Leases {
  const find = database.prepare('SELECT token, deadline, commits FROM partitions WHERE partition = ?');
  const take = database.prepare(
    `INSERT INTO partitions (partition, token, deadline) VALUES (?, ?, ?)
     ON CONFLICT (partition) DO UPDATE SET token = excluded.token, deadline = excluded.deadline`,
  );
  const move = database.prepare('UPDATE partitions SET deadline = ? WHERE partition = ?');
  const free = database.prepare('UPDATE partitions SET token = NULL WHERE partition = ? AND token = ?');

  const deadlineIn = (leaseMs: number): number => Math.ceil(clock.now() + leaseMs);

  function check(lease: Lease, commits?: number): void {
    const row = find.get(lease.partition) as Row | undefined;
    if (row?.token !== lease.token) throw fenced(lease, 'somebody else owns it');
    if (row.deadline <= clock.now()) throw fenced(lease, 'the lease has run out');
    if (commits !== undefined && commits !== row.commits) {
      throw fenced(lease, `commit ${commits} is stale, the store is at ${row.commits}`);
    }
  }

  return {
    check,
    acquire({ partition, token }, leaseMs) {
      const row = find.get(partition) as Row | undefined;
      const remainingMs = row === undefined || row.token === null ? 0 : row.deadline - clock.now();
      if (remainingMs > 0) return { acquired: false, remainingMs };
      take.run(partition, token, deadlineIn(leaseMs));
      return { acquired: true };
    },
    renew(lease, commits, leaseMs) {
      check(lease, commits);
      move.run(deadlineIn(leaseMs), lease.partition);
    },
    release: ({ partition, token }) => void free.run(partition, token),
  };
}

function fenced({ partition }: Lease, why: string): FencedError {
  return new FencedError(`partition ${partition} is not ours any more: ${why}`);
}
