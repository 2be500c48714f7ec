/** What a load balancer asks, and the front door. No token is needed here. */
import type { Context } from 'hono';
import { readiness } from '../runtime/status.ts';
import { jsonResponse, pathOf, type Edge } from './edge.ts';
import type { Served } from './kinds.ts';
import { problemResponse } from './problems.ts';

/** `GET /livez`: the process answers. */
export function livez(): Response {
  return jsonResponse({ live: true });
}

/** `GET /readyz`: it can do its work; 503 with the reasons. */
export function readyz({ node }: Edge, c: Context): Response {
  const { ready, why } = readiness(node.status.getSnapshot().context, node.options.partitions);
  if (ready) return jsonResponse({ ready });
  const headers = { 'retry-after': '1' };
  return problemResponse(
    { name: 'unavailable', detail: why.join('; '), fields: { why }, headers },
    pathOf(c),
  );
}

/** `GET /`: where to go from here. */
export function indexOf(kinds: ReadonlyMap<string, Served>): Response {
  return jsonResponse({
    name: 'waybill',
    actors: Object.fromEntries([...kinds.values()].map(({ kind, path }) => [kind, path])),
    machines: '/machines',
    problems: '/problems',
    live: '/livez',
    ready: '/readyz',
  });
}
