/** What a caller is told of an actor that they may not see: not even, where they see only their own, that it is. */
import { seesOwnOnly, type ActorDefinition } from '../runtime/definition.ts';
import type { Principal } from '../runtime/message.ts';
import type { Served } from './kinds.ts';
import { ProblemError, type Problem } from './problems.ts';

export function rolesOf({ roles }: Principal): string {
  return roles.length === 0 ? 'a caller without a role' : roles.join(', ');
}

/** Who has no role here is told so, whether there is such an actor or not. */
export function isStranger({ readers }: Pick<ActorDefinition, 'readers'>, { roles }: Principal): boolean {
  return !roles.some((role) => Object.hasOwn(readers, role));
}

/** Why an actor is not shown. */
export function unseen(
  served: Served,
  { id, principal, found }: { id: string; principal: Principal; found: 'forbidden' | undefined },
): ProblemError {
  const { kind, definition } = served;
  const isSaid = found === 'forbidden' && !seesOwnOnly(definition, principal);
  if (isSaid || isStranger(definition, principal)) {
    return new ProblemError({
      name: 'forbidden',
      detail: `${rolesOf(principal)} may not see ${kind} ${id}`,
    });
  }
  return new ProblemError(missing(served, id));
}

export function missing({ kind, commandNames }: Served, id: string): Problem {
  return { name: 'not-found', detail: `there is no ${kind} ${id}`, fields: { commands: commandNames } };
}
