/**
 * Who the server itself is where it sends a command: in the name of a gateway or carrier whose signature it has
 * verified. No token from outside may say so, or anybody whom the issuer gives roles could send webhooks.
 */
import type { Principal } from '../runtime/message.ts';

export const ownRole = 'webhook';
const prefix = 'webhook:';

export function ownPrincipal(name: string): Principal {
  return { subject: `${prefix}${name}`, roles: [ownRole], warehouses: [] };
}

export function isOwnSubject(subject: string): boolean {
  return subject.startsWith(prefix);
}
