/** A dead letter as operators see it, and who may. */
import type { Context } from 'hono';
import { causeOf, type Letter, type LetterStatus } from '../../runtime/reading/dead-letters.ts';
import type { RedriveEnd } from '../../runtime/core/redrive.ts';
import type { Principal } from '../../runtime/message.ts';
import { isoTime } from '../../runtime/core/view.ts';
import { rolesOf } from '../seen.ts';
import type { Edge } from '../edge.ts';
import { ProblemError } from '../problems.ts';
import { admitted } from '../reads.ts';

/** As callers see it. */
export interface LetterJson {
  readonly id: string;
  readonly at: string;
  /** Whom it was for. */
  readonly kind: string;
  readonly actor: string;
  readonly event: string | null;
  readonly cause: string;
  readonly status: LetterStatus;
  readonly settled: {
    readonly at: string;
    readonly by: string;
    readonly reason: string;
    readonly end: RedriveEnd | null;
  } | null;
}

/** Letters with the same cause, kind and event. */
export interface LetterGroup {
  readonly cause: string;
  readonly kind: string;
  readonly event: string | null;
  readonly count: number;
  readonly oldest: string;
  readonly newest: string;
}

export interface LettersJson {
  readonly groups: readonly LetterGroup[];
  readonly items: readonly LetterJson[];
  readonly next: string | null;
}

export interface Filter {
  readonly kind?: string | undefined;
  readonly actor?: string | undefined;
  readonly event?: string | undefined;
  readonly cause?: string | undefined;
  readonly ids?: readonly string[] | undefined;
}

export function fits(letter: Letter, { kind, actor, event, cause, ids }: Filter): boolean {
  return (
    (kind === undefined || letter.to.kind === kind) &&
    (actor === undefined || letter.to.id === actor) &&
    (event === undefined || letter.event === event) &&
    (cause === undefined || causeOf(letter) === cause) &&
    (ids === undefined || ids.includes(letter.id))
  );
}

/** Messages hold what customers have written, and redriving one is acting for somebody else. */
export async function operator(edge: Edge, c: Context): Promise<Principal> {
  const principal = await admitted(edge, c);
  if (principal.roles.includes('admin')) return principal;
  const detail = `dead letters are for admin; ${rolesOf(principal)} may not`;
  throw new ProblemError({ name: 'forbidden', detail });
}

export async function known({ node }: Edge, c: Context): Promise<Letter> {
  const id = c.req.param('id') ?? '';
  const letter = await node.reader.deadLetters.one(id);
  if (letter !== undefined) return letter;
  throw new ProblemError({ name: 'not-found', detail: `there is no dead letter ${id.slice(0, 200)}` });
}

export function letterJson({ id, at, to, event, cause, status, settlement }: Letter): LetterJson {
  const settled = settlement && {
    at: isoTime(settlement.at),
    by: settlement.by.subject,
    reason: settlement.reason,
    end: settlement.end ?? null,
  };
  return { id, at: isoTime(at), kind: to.kind, actor: to.id, event, cause, status, settled };
}

export function unreadable({ id }: Letter): ProblemError {
  const detail = `the message of dead letter ${id} cannot be read, so it cannot be sent again; discard it`;
  return new ProblemError({
    name: 'guard-refused',
    detail,
    fields: { guard: 'isReadable', allowed: ['discard'] },
  });
}
