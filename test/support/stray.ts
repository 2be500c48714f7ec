/** Messages that nobody can handle, put into a mailbox behind everybody's back. */
import { partitionOf, keyOf, type Address } from '../../runtime/address.ts';
import { defaultOptions } from '../../runtime/options.ts';
import type { Mailbox } from '../../runtime/ports.ts';

export interface Strays {
  readonly mailbox: Mailbox;
  readonly partitions?: number;
}

/** Fulfillment `order~f1` asks a warehouse for a slot; a channel that nothing else goes through. */
export async function askForSlot(
  given: Strays,
  { warehouse, order }: { warehouse: string; order: string },
): Promise<void> {
  const to = { kind: 'warehouse', id: warehouse };
  const sender = { kind: 'fulfillment', id: `${order}~f1` };
  const id = `${keyOf(sender)}@1.0`;
  const event = { type: 'warehouse.slot', fulfillmentId: sender.id, attempt: 1 };
  const channel = 1_000 + Number(order.replace(/\D/g, ''));
  await put(given, {
    to,
    id,
    body: JSON.stringify({ from: 'actor', to, event, id, sender, channel, number: 1 }),
  });
}

export async function putNonsense(given: Strays, id: string): Promise<void> {
  await put(given, { to: { kind: 'order', id: 'o1' }, id, body: '{"half' });
}

async function put(
  { mailbox, partitions = defaultOptions.partitions }: Strays,
  { to, id, body }: { to: Address; id: string; body: string },
): Promise<void> {
  const partition = partitionOf(keyOf(to), partitions);
  await mailbox.append({ to, partition, id, dedupe: false, body });
}
