/** What must never change under stored actors. It stands in the store, by the first who came. */
import type { Registry } from '../core/registry.ts';
import { TerminalError } from '../errors.ts';
import type { RuntimeOptions } from '../options.ts';
import type { Store } from '../ports.ts';

/** The number of partitions, and each chart without a new version. Rejects with `TerminalError` where they differ. */
export async function settle(store: Store, registry: Registry, options: RuntimeOptions): Promise<void> {
  const partitions = await store.settle('partitions', String(options.partitions));
  if (partitions !== String(options.partitions)) {
    throw new TerminalError(
      `this namespace was started with ${partitions} partitions, not ${options.partitions}: set WAYBILL_PARTITIONS=${partitions}`,
    );
  }
  for (const { definition, hash } of registry.values()) {
    const chart = `${definition.kind}@${definition.version}`;
    const stored = await store.settle(`chart.${chart}`, hash);
    if (stored !== hash) {
      throw new TerminalError(
        `chart ${chart} has changed since it first ran here: raise its version and add a migration from ${definition.version}`,
      );
    }
  }
}
