/** Gathers what came with the same turn of the event loop (one or more reads of the socket) into one array. */
import type { Stored } from '../../runtime/ports.ts';

export interface Batches {
  add(message: Stored): void;
  /** How many wait to be handed over. */
  size(): number;
  /** Nothing is handed over before. */
  start(): void;
  /** What waits is dropped. */
  stop(): void;
}

export function createBatches(take: (messages: readonly Stored[]) => void): Batches {
  let batch: Stored[] = [];
  let state: 'waiting' | 'running' | 'stopped' = 'waiting';
  let scheduled = false;

  function schedule(): void {
    if (scheduled || state !== 'running') return;
    scheduled = true;
    setImmediate(handOver);
  }

  function handOver(): void {
    scheduled = false;
    if (batch.length === 0) return;
    const full = batch;
    batch = [];
    take(full);
  }

  return {
    add(message) {
      if (state === 'stopped') return;
      batch.push(message);
      schedule();
    },
    size: () => batch.length,
    start() {
      state = 'running';
      schedule();
    },
    stop() {
      state = 'stopped';
      batch = [];
    },
  };
}
