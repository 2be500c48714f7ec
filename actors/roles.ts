/** Conditions that several kinds of actors put on those who may. */
import type { Principal } from '../runtime/message.ts';

export function ownCustomer({ customerId }: { customerId: string }, principal: Principal): boolean {
  return customerId === principal.subject;
}

export function inWarehouse(warehouse: string, { warehouses }: Principal): boolean {
  return warehouses.includes('*') || warehouses.includes(warehouse);
}

/** What lists show of kinds that cs and admin see everywhere, and others in their own warehouses. */
export function ownWarehouses({ roles, warehouses }: Principal): Record<string, string[]> {
  const isEverywhere = warehouses.includes('*') || roles.includes('cs') || roles.includes('admin');
  return isEverywhere ? {} : { warehouse: warehouses };
}
