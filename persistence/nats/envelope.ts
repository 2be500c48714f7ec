/**
 * A mailbox message on the wire: its id, then its body, `<length of id> <id><body>`. The id is in the payload
 * and not in a header because reading a header costs more than all the rest of a delivery (and a message
 * with `Nats-Msg-Id` would otherwise have to be read in another way than one without).
 */
import type { Stored } from '../../runtime/ports.ts';

export function wrap(id: string, body: string): string {
  return `${id.length} ${id}${body}`;
}

/** What Waybill did not write has no id; its body is for the runtime to judge. */
export function unwrap(payload: string): Pick<Stored, 'id' | 'body'> {
  const space = payload.indexOf(' ');
  const length = space > 0 && space < 6 ? Number(payload.slice(0, space)) : NaN;
  if (!Number.isInteger(length) || length < 0 || space + 1 + length > payload.length)
    return { id: '', body: payload };
  const start = space + 1;
  return { id: payload.slice(start, start + length), body: payload.slice(start + length) };
}
