/** `GET /machines/{kind}/figures`, and `…/live`: the same whenever it has changed, once a second at most. */
import type { Context } from 'hono';
import { seesAll } from '../runtime/definition.ts';
import type { Figures } from '../runtime/reading/figures.ts';
import type { Principal } from '../runtime/message.ts';
import type { Kind } from '../runtime/core/registry.ts';
import { isoTime } from '../runtime/core/view.ts';
import { rolesOf } from './seen.ts';
import { jsonResponse, type Edge } from './edge.ts';
import { ProblemError } from './problems.ts';
import { admitted, admittedBearer } from './reads.ts';
import type { ServerSentEvent } from './streams.ts';

/** As callers see them. */
export type FiguresJson = Omit<Figures, 'at'> & { readonly at: string };

export async function figures(edge: Edge, c: Context): Promise<Response> {
  const kind = watchedKind(edge, c, await admitted(edge, c));
  return jsonResponse(shown(await edge.node.reader.figures.of(kind)), { 'cache-control': 'no-store' });
}

const everyMs = 1_000;

export async function liveFigures(edge: Edge, c: Context): Promise<Response> {
  const { principal, expiresAt } = await admittedBearer(edge, c);
  const kind = watchedKind(edge, c, principal);
  const { figures: reader } = edge.node.reader;
  async function* portions(signal: AbortSignal): AsyncGenerator<readonly ServerSentEvent[]> {
    for (let told = -1; !signal.aborted;) {
      const now = reader.revision(kind);
      const isNews = now !== told;
      told = now;
      yield isNews ? [{ event: 'figures', data: JSON.stringify(shown(await reader.of(kind))) }] : [];
      await new Promise<void>((resolve) => void edge.clock.after(everyMs, resolve));
    }
  }
  return edge.streams.open({ method: c.req.method, subject: principal.subject, expiresAt }, portions);
}

/** They count all actors, so they are for those who may see all. */
export function watchedKind(edge: Edge, c: Context, principal: Principal): string {
  const name = c.req.param('kind') ?? '';
  const kind = kindOf(edge, name);
  if (seesAll(kind.definition, principal)) return name;
  const detail = `the figures of ${name} are for those who may see every ${name}; ${rolesOf(principal)} may not`;
  throw new ProblemError({ name: 'forbidden', detail });
}

function kindOf({ node }: Edge, name: string): Kind {
  const kind = node.registry.get(name);
  if (kind !== undefined) return kind;
  const known = [...node.registry.keys()].join(', ');
  throw new ProblemError({
    name: 'not-found',
    detail: `there is no machine of this name; there are: ${known}`,
  });
}

function shown(given: Figures): FiguresJson {
  return { ...given, at: isoTime(given.at) };
}
