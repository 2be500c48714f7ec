/** `GET /<plural>/{id}/options`: what can happen to it now, and why the rest cannot. */
import type { Context } from 'hono';
import type { Choice } from '../runtime/core/choices.ts';
import { jsonResponse, type Edge } from './edge.ts';
import { checkId, type Served } from './kinds.ts';
import { admitted } from './reads.ts';
import { unseen } from './seen.ts';

/** As callers see it. */
export interface OptionsJson {
  readonly version: number;
  readonly items: readonly Choice[];
  readonly next: null;
}

export async function options(
  edge: Edge,
  c: Context,
  { served, id }: { served: Served; id: string },
): Promise<Response> {
  const principal = await admitted(edge, c);
  const of = { kind: served.kind, id: checkId(served, id) };
  const found = await edge.node.reader.choices(of, principal);
  if (found === undefined || found === 'forbidden') throw unseen(served, { id, principal, found });
  const shown: OptionsJson = { version: found.version, items: found.choices, next: null };
  return jsonResponse(shown, { etag: `"${found.version}"` });
}
