/** All kinds of actors. A new one is a line here. */
import { defaultDurations, type Durations } from '../machines/durations.ts';
import type { ActorDefinition } from '../runtime/definition.ts';
import { fulfillment } from './fulfillment.ts';
import { orderWith } from './order.ts';

export function definitionsWith(durations: Partial<Durations> = {}): ActorDefinition[] {
  const all = { ...defaultDurations, ...durations };
  return [orderWith(all), fulfillment];
}

export const definitions: ActorDefinition[] = definitionsWith();
