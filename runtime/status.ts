/** The node's own state: what readiness, the log and the pages read. One store, changed by events only. */
import { createStore } from '@xstate/store';
import type { BreakerState } from './loop/breaker.ts';
import type { ServerHealth } from './ports.ts';

export interface PartitionStatus {
  readonly owned: boolean;
  /** Mailbox sequence up to which it has committed. */
  readonly sequence: number;
  /** Messages read and not yet committed. */
  readonly backlog: number;
  /** How old the oldest of them is, ms. */
  readonly lagMs: number;
  /** Messages to other partitions that their receivers have not counted yet. */
  readonly outbox: number;
  /** Timers whose time has come, and that no commit has consumed yet; without those that became dead letters. */
  readonly timersDue: number;
  /** Why it is not owned or does not move, in plain words. */
  readonly trouble?: string;
}

export interface NodeState {
  readonly node: string;
  readonly phase: 'starting' | 'running' | 'draining';
  readonly partitions: Readonly<Record<number, PartitionStatus>>;
  readonly breakers: Readonly<Record<string, BreakerState>>;
  readonly servers: readonly ServerHealth[];
  /** How far the mailbox's clock is ahead of this node's, ms, where that is more than it may be. */
  readonly clockDiffersMs?: number | undefined;
}

export type NodeStatus = ReturnType<typeof createNodeStatus>;

export function createNodeStatus(node: string) {
  const context: NodeState = { node, phase: 'starting', partitions: {}, breakers: {}, servers: [] };
  return createStore({
    context,
    on: {
      phaseChanged: (state, { phase }: { phase: NodeState['phase'] }) => ({ ...state, phase }),
      partitionChanged: (state, { partition, status }: { partition: number; status: PartitionStatus }) => ({
        ...state,
        partitions: { ...state.partitions, [partition]: status },
      }),
      breakerChanged: (state, { target, breaker }: { target: string; breaker: BreakerState }) => ({
        ...state,
        breakers: { ...state.breakers, [target]: breaker },
      }),
      serversChecked: (state, { servers }: { servers: readonly ServerHealth[] }) => ({ ...state, servers }),
      clocksCompared: (state, { clockDiffersMs }: { clockDiffersMs: number | undefined }) => ({
        ...state,
        clockDiffersMs,
      }),
    },
  });
}

/** Ready: every server is up, and somebody owns each partition that this node tries to own. */
export function readiness(state: NodeState, partitions: number): { ready: boolean; why: string[] } {
  const why = state.servers.filter(({ up }) => !up).map(awayText);
  if (state.servers.length === 0) why.push('the servers have not been asked yet');
  if (state.phase !== 'running') why.push(`the node is ${state.phase}`);
  const known = Object.values(state.partitions);
  if (known.length < partitions) why.push(`${partitions - known.length} partitions have not been tried yet`);
  why.push(...troubles(known));
  return { ready: why.length === 0, why };
}

export function awayText({ name, why }: ServerHealth): string {
  return why === undefined ? `${name} is away` : `${name} is away: ${why}`;
}

/** Of all partitions with the same trouble at once. */
function troubles(partitions: readonly PartitionStatus[]): string[] {
  const numbers = new Map<string, number>();
  for (const { owned, trouble } of partitions) {
    if (!owned && trouble !== undefined) numbers.set(trouble, (numbers.get(trouble) ?? 0) + 1);
  }
  return [...numbers].map(([trouble, number]) => `${number} partitions cannot be taken: ${trouble}`);
}

/** What somebody should look at though all work is done. */
export function warnings({ clockDiffersMs }: NodeState): string[] {
  if (clockDiffersMs === undefined) return [];
  const seconds = Math.abs(Math.round(clockDiffersMs / 1_000));
  return [`the mailbox's clock is ${seconds} s ${clockDiffersMs > 0 ? 'ahead of' : 'behind'} this node's`];
}
