/** Simulated time: one queue of due actions drives servers, network, processes and clients. */
import type { Clock } from '../../runtime/ports.ts';
import { epoch, settled } from '../support/clock.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  action: (() => void) | undefined;
}

const atOnceMax = 20_000;

export class SimulatedTime implements Clock {
  /** Actions run so far. */
  steps = 0;
  #now = epoch;
  #order = 0;
  /** Actions run at this very instant. */
  #atNow = 0;
  /** A binary heap: the earliest first, and what was asked for first where times are equal. */
  readonly #heap: Due[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    const due: Due = { at: this.#now + Math.max(0, Math.ceil(ms)), order: ++this.#order, action };
    this.#push(due);
    return () => {
      due.action = undefined;
    };
  }

  later(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Runs one due action and all promises that follow from it; false if nothing is due up to then. */
  async step(until: number): Promise<boolean> {
    for (;;) {
      const [first] = this.#heap;
      if (first === undefined || first.at > until) return false;
      this.#pop();
      if (first.action === undefined) continue;
      this.#atNow = first.at > this.#now ? 0 : this.#atNow + 1;
      if (this.#atNow > atOnceMax)
        throw new Error('time stands still: something is done again and again at once');
      this.#now = Math.max(this.#now, first.at);
      this.steps += 1;
      first.action();
      await settled();
      return true;
    }
  }

  /** Runs all that falls due up to then. */
  async runUntil(until: number): Promise<void> {
    while (await this.step(until));
    this.#now = Math.max(this.#now, until);
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(due, heap[parent])) break;
      heap[index] = heap[parent] as Due;
      index = parent;
    }
    heap[index] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1;
      if (child >= heap.length || !isBefore(heap[child], last)) break;
      heap[index] = heap[child] as Due;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Due | undefined, other: Due | undefined): boolean {
  if (one === undefined || other === undefined) return other === undefined;
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
