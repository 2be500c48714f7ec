/** The warehouse chart put to work. */
import { warehouseContext } from '../machines/contexts.ts';
import type { Durations } from '../machines/durations.ts';
import { recall } from '../machines/memory.ts';
import { entriesOf, entryOf } from '../machines/register.ts';
import { levelOf, type WarehouseContext } from '../machines/warehouse.books.ts';
import { warehouseEvents, warehouseInput } from '../machines/warehouse.events.ts';
import { warehouseMachine } from '../machines/warehouse.machine.ts';
import { anyone, defineActor, type Access, type ActorDefinition } from '../runtime/definition.ts';
import type { Principal } from '../runtime/message.ts';
import { inWarehouse } from './roles.ts';

const lead: Access = { warehouseManager: own, admin: anyone };

const day = 86_400_000;

export function warehouseWith(durations: Durations): ActorDefinition {
  return defineActor({
    kind: 'warehouse',
    plural: 'warehouses',
    version: 1,
    context: warehouseContext,
    machine: warehouseMachine.provide({ delays: durations }),
    events: warehouseEvents,
    input: warehouseInput,
    create: { event: 'warehouse.create', access: lead },
    commands: {
      'warehouse.pause': lead,
      'warehouse.open': lead,
      'warehouse.close': lead,
      'warehouse.setCapacity': lead,
    },
    conditions: {
      isNotBelowUsed: 'capacity may not be less than the slots that are used: see used',
    },
    readers: { ...lead, picker: own, packer: own, cs: anyone },
    indexed: {
      region: ({ region }: WarehouseContext) => region,
      country: ({ country }: WarehouseContext) => country,
    },
    view,
    targets: { 'operations.paused': { dwellMs: day }, 'capacity.full': { dwellMs: day } },
    invariants: {
      'no more slots are taken than there are (24)': ({ used, capacity }: WarehouseContext) =>
        used >= 0 && used <= capacity,
      'every slot is one fulfillment’s (25)': ({ slots, used }: WarehouseContext) => {
        const names = entriesOf(slots).map(([name]) => name);
        return names.length === used && new Set(names).size === used;
      },
      'its state says how full it is, and whether it takes work': (warehouse: WarehouseContext, state) => {
        const { operations, capacity } = state as { operations: string; capacity: string };
        return capacity === levelOf(warehouse) && warehouse.takesWork === (operations === 'open');
      },
    },
    examples: {
      'warehouse.create': [{ capacity: 5 }, { capacity: 1 }].map((given) => ({
        ...{ country: 'DE', location: { lat: 52.5, lon: 13.4 }, region: 'main' },
        ...given,
      })),
      'warehouse.setCapacity': (warehouse: WarehouseContext | undefined) =>
        [0, 1, 2].map((more) => ({ capacity: Math.max(1, (warehouse?.used ?? 1) + more) })),
      'warehouse.slot': asks,
      'warehouse.free': asks,
    },
  });
}

function own({ id }: WarehouseContext, principal: Principal): boolean {
  return inWarehouse(id, principal);
}

function view({ id, country, location, region, capacity, used }: WarehouseContext): unknown {
  return { id, country, location, region, capacity, used, free: capacity - used };
}

/** Of fulfillments that are new, have a slot, or have left, in this order: so that a walk can fill it. */
function asks(warehouse: WarehouseContext | undefined): readonly unknown[] {
  const had = (name: string): number | undefined => warehouse && entryOf(warehouse.slots, name);
  const isNew = (name: string): boolean => had(name) === undefined && !hasLeft(warehouse, name);
  const names = ['o1~f1', 'o1~f2', 'o1~f3', 'o1~f4', 'o1~f5', 'o1~f6'];
  const known = names.filter((name) => !isNew(name)).slice(0, 3);
  return [...names.filter(isNew).slice(0, 2), ...known].flatMap((name) => [
    { fulfillmentId: name, attempt: had(name) ?? 1 },
    { fulfillmentId: name, attempt: (had(name) ?? 1) + 1 },
  ]);
}

function hasLeft(warehouse: WarehouseContext | undefined, name: string): boolean {
  return warehouse !== undefined && recall(warehouse.freed, name) !== undefined;
}
