/**
 * How many partitions this node may own: its share among the nodes that live, rounded up. Only a guide, so nodes
 * that count differently for a while do no harm: who may write, the lease says (R2). Whoever comes is made room
 * for; what nobody has taken for long is taken beyond the share, and kept until somebody comes (ADR 011).
 */
export class Share {
  readonly #partitions: number;
  #nodes = 1;
  #size: number;
  /** Owned, or just being tried. The last ones are the first to be given up. */
  readonly #within = new Set<number>();
  readonly #beyond = new Set<number>();

  constructor(partitions: number) {
    this.#partitions = partitions;
    this.#size = partitions;
  }

  /** A place for this partition; `forsaken`: nobody seems to take it. */
  take(partition: number, forsaken: boolean): boolean {
    if (this.#within.size < this.#size) this.#within.add(partition);
    else if (forsaken) this.#beyond.add(partition);
    else return false;
    return true;
  }

  free(partition: number): void {
    this.#within.delete(partition);
    this.#beyond.delete(partition);
  }

  /** So many nodes live, this one included. Answers the partitions to give up. */
  counted(nodes: number): readonly number[] {
    if (nodes > this.#nodes) {
      for (const partition of this.#beyond) this.#within.add(partition);
      this.#beyond.clear();
    }
    this.#nodes = nodes;
    this.#size = Math.ceil(this.#partitions / nodes);
    return [...this.#within].slice(this.#size);
  }

  get nodes(): number {
    return this.#nodes;
  }

  get size(): number {
    return this.#size;
  }
}
