/** What is bound in actors, such as the money of late orders: each record is read once a version, for all who ask. */
import { keyOf } from '../address.ts';
import type { ActorDefinition, BoardDefinition } from '../definition.ts';
import type { Clock, Store } from '../ports.ts';
import { createSlices } from './slices.ts';

type Value = ReturnType<BoardDefinition['value']>;

interface Known {
  readonly version: number;
  /** Undefined for one of an older chart. */
  readonly value: Value | undefined;
}

interface StoredValue {
  readonly version: number;
  readonly chart: { readonly version: number };
  readonly snapshot: { readonly context: unknown };
}

/** Records read at once. */
const portion = 10;

export class Bound {
  readonly #context: { readonly store: Pick<Store, 'records'>; readonly clock: Clock };
  readonly #definition: ActorDefinition;
  #known = new Map<string, Known>();
  #reading: Promise<unknown> = Promise.resolve();

  constructor(
    context: { readonly store: Pick<Store, 'records'>; readonly clock: Clock },
    definition: ActorDefinition,
  ) {
    this.#context = context;
    this.#definition = definition;
  }

  /** By currency, in minor units. `versions`: the actors, and how far each of them is. */
  async sums(versions: ReadonlyMap<string, number>): Promise<Record<string, number>> {
    // One after the other: who comes second finds what the first has read.
    const reading = this.#reading.then(() => this.#read(versions));
    this.#reading = reading.catch(() => undefined);
    await reading;
    const sums: Record<string, number> = {};
    for (const id of versions.keys()) {
      const value = this.#known.get(id)?.value;
      if (value !== undefined) sums[value.currency] = (sums[value.currency] ?? 0) + value.amount;
    }
    return sums;
  }

  /** Forgets whoever is not asked for any more. */
  async #read(versions: ReadonlyMap<string, number>): Promise<void> {
    this.#known = new Map([...this.#known].filter(([id]) => versions.has(id)));
    const news = [...versions]
      .filter(([id, version]) => (this.#known.get(id)?.version ?? 0) < version)
      .map(([id]) => id);
    const worked = createSlices(this.#context.clock);
    for (let at = 0; at < news.length; at += portion) {
      const ids = news.slice(at, at + portion);
      const keys = ids.map((id) => keyOf({ kind: this.#definition.kind, id }));
      for (const [index, text] of (await this.#context.store.records(keys)).entries()) {
        if (text === undefined) continue;
        this.#known.set(ids[index] ?? '', this.#knownIn(text));
        await worked(text.length);
      }
    }
  }

  #knownIn(text: string): Known {
    const { version, chart, snapshot } = JSON.parse(text) as StoredValue;
    const isPresent = chart.version === this.#definition.version;
    return { version, value: isPresent ? this.#definition.board?.value(snapshot.context) : undefined };
  }
}
