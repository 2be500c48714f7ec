/** The routing chart put to work. */
import { routingContext } from '../machines/contexts.ts';
import type { RoutingContext } from '../machines/routing.books.ts';
import { routingEvents } from '../machines/routing.events.ts';
import { routingMachine } from '../machines/routing.machine.ts';
import { anyone, defineActor, type ActorDefinition } from '../runtime/definition.ts';

export const routing: ActorDefinition = defineActor({
  kind: 'routing',
  plural: 'routings',
  version: 1,
  context: routingContext,
  machine: routingMachine,
  events: routingEvents,
  input: routingEvents['routing.update'],
  create: { event: 'routing.update', arises: ['routing.update', 'routing.ask'] },
  commands: {},
  readers: { cs: anyone, warehouseManager: anyone, admin: anyone },
  view: ({ id, warehouses }: RoutingContext) => ({ id, warehouses }),
  invariants: {
    'a warehouse is known once': ({ warehouses }: RoutingContext) =>
      new Set(warehouses.map(({ warehouse }) => warehouse)).size === warehouses.length,
  },
});
