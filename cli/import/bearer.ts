/** What a token says of itself. Whether it is genuine, only the server can tell. */
import { z } from 'zod';
import { TerminalError } from '../../runtime/errors.ts';
import type { Creation } from './creation.ts';

const claimsSchema = z.object({ roles: z.array(z.string()).default([]) });

/** Throws `TerminalError` where none of its roles may create what is to be imported. */
export function checkToken(token: string, { kind, roles }: Creation): void {
  const claims = claimsOf(token);
  if (claims === undefined || claims.roles.some((role) => roles.includes(role))) return;
  const has = claims.roles.length === 0 ? 'no role' : `the roles ${claims.roles.join(', ')}`;
  throw new TerminalError(`the token has ${has}; to create a new ${kind} takes one of: ${roles.join(', ')}`);
}

function claimsOf(token: string): z.infer<typeof claimsSchema> | undefined {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    return claimsSchema.parse(JSON.parse(payload));
  } catch {
    return undefined;
  }
}
