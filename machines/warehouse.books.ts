/** A warehouse's books: who has a place in it, and whose attempts are over. */
import { aged, isBlank, nothingRemembered, recall, remember, type Memory } from './memory.ts';
import { entryOf, noEntries, withEntry, withoutEntry, type Register } from './register.ts';
import type { Location } from './schemas.ts';
import type { WarehouseInput } from './warehouse.events.ts';

export interface WarehouseContext {
  readonly id: string;
  readonly country: string;
  readonly location: Location;
  readonly region: string;
  /** Fulfillments that it can work on at once. */
  readonly capacity: number;
  /** By fulfillment, the attempt that has the slot. */
  readonly slots: Register;
  /** How many there are in `slots`. */
  readonly used: number;
  /** By fulfillment that has left, the last attempt that is over. */
  readonly freed: Memory;
  readonly takesWork: boolean;
  /** Counts what it has told routing. */
  readonly version: number;
}

export type Level = 'available' | 'nearFull' | 'full';
type Change = Partial<WarehouseContext>;
interface Ask {
  readonly fulfillmentId: string;
  readonly attempt: number;
}

/** A message has a limit, and the journal's has the whole context: so many characters of slots. */
const charactersMax = 200_000;

export function newWarehouse({ input }: { input: WarehouseInput }): WarehouseContext {
  const { id, country, location, region, capacity } = input;
  return {
    ...{ id, country, location, region, capacity },
    ...{ slots: noEntries, used: 0, freed: nothingRemembered },
    ...{ takesWork: true, version: 0 },
  };
}

export function hasSlot({ slots }: WarehouseContext, { fulfillmentId }: Ask): boolean {
  return entryOf(slots, fulfillmentId) !== undefined;
}

/** The fulfillment has left this attempt: what is granted to it now, nobody would ever free (rule 8). */
export function isOver({ freed }: WarehouseContext, { fulfillmentId, attempt }: Ask): boolean {
  return attempt <= (recall(freed, fulfillmentId) ?? 0);
}

export function canTakeOn(warehouse: WarehouseContext): boolean {
  const { takesWork, used, capacity, slots } = warehouse;
  return takesWork && used < capacity && slots.length < charactersMax;
}

/** A slot of its own is kept, for the later attempt. */
export function takeOn(warehouse: WarehouseContext, { fulfillmentId, attempt }: Ask): Change {
  const { slots, used } = warehouse;
  const had = entryOf(slots, fulfillmentId);
  if (had !== undefined && had >= attempt) return {};
  return {
    slots: withEntry(slots, fulfillmentId, attempt),
    used: had === undefined ? used + 1 : used,
  };
}

/** All attempts up to this one are over; a later one keeps its slot. */
export function free(warehouse: WarehouseContext, ask: Ask): Change {
  const { slots, used, freed } = warehouse;
  const { fulfillmentId, attempt } = ask;
  const had = entryOf(slots, fulfillmentId);
  const leaves = had !== undefined && had <= attempt;
  return {
    ...(leaves ? { slots: withoutEntry(slots, fulfillmentId), used: used - 1 } : {}),
    ...(isOver(warehouse, ask) ? {} : { freed: remember(freed, fulfillmentId, attempt) }),
  };
}

export function levelOf({ used, capacity }: Pick<WarehouseContext, 'used' | 'capacity'>): Level {
  if (used >= capacity) return 'full';
  return used * 10 >= capacity * 8 ? 'nearFull' : 'available';
}

export function remembersNothing({ freed }: WarehouseContext): boolean {
  return isBlank(freed);
}

export function forget({ freed }: WarehouseContext): Change {
  return { freed: aged(freed) };
}
