/** Works on many items at once, and takes their results in the order of the items. */

export interface InOrder<Item, Result> {
  /** How many are worked on at the same time. */
  readonly atOnce: number;
  readonly work: (item: Item) => Promise<Result>;
  readonly take: (item: Item, result: Result) => void;
  /** What an item weighs while it waits to be taken. */
  readonly size: (item: Item) => number;
}

/** How many may be done already while the first is not, for each that is worked on. */
const aheadMax = 8;
const sizeMax = 64_000_000;

interface Entry<Item, Result> {
  readonly item: Item;
  result?: { readonly of: Result };
}

/**
 * Rejects with the first error of `work`, after all that was under way has ended. `take` has then been called for
 * every item before the first that failed.
 */
export async function inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  { atOnce, work, take, size }: InOrder<Item, Result>,
): Promise<void> {
  const entries: Entry<Item, Result>[] = [];
  let running = 0;
  let held = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;

  async function run(entry: Entry<Item, Result>): Promise<void> {
    try {
      entry.result = { of: await work(entry.item) };
      drain();
    } catch (error) {
      failure ??= { error };
    }
    running -= 1;
    wake();
  }

  function drain(): void {
    for (let [first] = entries; first?.result !== undefined; [first] = entries) {
      entries.shift();
      held -= size(first.item);
      take(first.item, first.result.of);
    }
  }

  const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const isFull = (): boolean =>
    running >= atOnce || entries.length >= atOnce * aheadMax || (held > sizeMax && running > 0);

  try {
    for await (const item of items) {
      const entry = { item };
      entries.push(entry);
      held += size(item);
      running += 1;
      void run(entry);
      while (hasFailed() === undefined && isFull()) await changed();
      if (hasFailed() !== undefined) break;
    }
  } finally {
    while (running > 0) await changed();
  }
  const failed = hasFailed();
  if (failed !== undefined) throw failed.error;

  // Assigned from inside `run`, which the compiler does not see.
  function hasFailed(): { readonly error: unknown } | undefined {
    return failure;
  }
}
