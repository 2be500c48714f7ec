/** Holds with handles, as orders and fulfillments have them. */
import { maxHolds, type Hold } from './schemas.ts';

type Holds = readonly Hold[];

/** Asks for the handle only where there is a hold: without one nothing can be known, whatever is given. */
export function isKnownHold(holds: Holds, given: { readonly handle: string }): boolean {
  return holds.some(({ handle }) => handle === given.handle);
}

export function hasRoomForHold(holds: Holds): boolean {
  return holds.length < maxHolds;
}

export function withHold(holds: Holds, { handle, reason }: Hold): Hold[] {
  return [...holds, { handle, reason }];
}

export function withoutHold(holds: Holds, { handle }: { handle: string }): Hold[] {
  return holds.filter((hold) => hold.handle !== handle);
}
