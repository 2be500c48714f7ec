/** What the routing of a region knows of its warehouses, and how it ranks them. */
import type { RoutingEvent, RoutingInput } from './routing.events.ts';
import { maxCandidates, type Location, type ShipTo } from './schemas.ts';

type Update = Extract<RoutingEvent, { type: 'routing.update' }>;

export type Standing = Omit<Update, 'type'>;

export interface RoutingContext {
  readonly id: string;
  /** As each has told it last. */
  readonly warehouses: readonly Standing[];
}

/** Of one region. */
export const maxWarehouses = 500;

export function newRouting({ input: { id } }: { input: RoutingInput }): RoutingContext {
  return { id, warehouses: [] };
}

export function isNews({ warehouses }: RoutingContext, { warehouse, version }: Standing): boolean {
  const known = warehouses.find((each) => each.warehouse === warehouse);
  return known === undefined || version > known.version;
}

export function hasRoom({ warehouses }: RoutingContext, { warehouse }: Standing): boolean {
  return warehouses.length < maxWarehouses || warehouses.some((each) => each.warehouse === warehouse);
}

export function noted({ warehouses }: RoutingContext, update: Update): Partial<RoutingContext> {
  const { type: _type, ...standing } = update;
  const others = warehouses.filter(({ warehouse }) => warehouse !== standing.warehouse);
  return { warehouses: [...others, standing] };
}

/**
 * Those that take on work, the best first: not full before full, the same country before others, then the
 * nearest (where it is known where the address is), then the one with more room, then by name.
 */
export function candidates({ warehouses }: RoutingContext, shipTo: ShipTo): string[] {
  return warehouses
    .filter(({ takesWork }) => takesWork)
    .map((standing) => ({ standing, rank: rankOf(standing, shipTo) }))
    .sort((one, other) => compare(one.rank, other.rank))
    .map(({ standing }) => standing.warehouse)
    .slice(0, maxCandidates);
}

type Rank = readonly (number | string)[];

function rankOf({ warehouse, country, location, capacity }: Standing, shipTo: ShipTo): Rank {
  const isFull = capacity === 'full' ? 1 : 0;
  const isAbroad = country === shipTo.country ? 0 : 1;
  const away = shipTo.location === undefined ? 0 : kilometresBetween(location, shipTo.location);
  const isNearFull = capacity === 'nearFull' ? 1 : 0;
  return [isFull, isAbroad, away, isNearFull, warehouse];
}

function compare(one: Rank, other: Rank): number {
  const at = one.findIndex((value, index) => value !== other[index]);
  if (at === -1) return 0;
  return (one[at] ?? 0) < (other[at] ?? 0) ? -1 : 1;
}

/** Along a great circle, by the haversine formula. */
export function kilometresBetween(one: Location, other: Location): number {
  const north = radians(other.lat - one.lat);
  const east = radians(other.lon - one.lon);
  const shrinking = Math.cos(radians(one.lat)) * Math.cos(radians(other.lat));
  const chord = Math.sin(north / 2) ** 2 + shrinking * Math.sin(east / 2) ** 2;
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** In kilometres, on average. */
const earthRadius = 6_371;

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
