/** What an exported incident is replayed with (`waybill export`). */
import { definitionsWith } from '../../actors/registry.ts';
import type { Entry } from '../../cli/export/entry.ts';
import { replayAll } from '../../cli/export/replay.ts';
import type { Durations } from '../../machines/durations.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { createRegistry } from '../../runtime/core/registry.ts';

export interface Incident {
  readonly kind: string;
  readonly id: string;
  readonly entries: readonly Entry[];
  /** How long the charts waited, where it was otherwise than by default, ms. */
  readonly durations?: Partial<Durations>;
  /** Instead of the present ones. */
  readonly definitions?: readonly ActorDefinition[];
}

const shownMax = 20;

/** What the present definitions do otherwise than the journal tells, a line each: the first ones. */
export function replay(incident: Incident): string[] {
  const { kind, id, entries, durations = {}, definitions = definitionsWith({ durations }) } = incident;
  const lines = replayAll(createRegistry(definitions), { kind, id }, entries);
  const more = lines.length - shownMax;
  return more > 0 ? [...lines.slice(0, shownMax), `and ${more} more`] : lines;
}

/** Gives each entry one type: an array of thousands of literals with their own would be too much for TypeScript. */
export function entry(given: Entry): Entry {
  return given;
}
