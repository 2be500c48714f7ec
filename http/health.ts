/** What a load balancer asks, and the front door. No token is needed here. */
import type { Context } from 'hono';
import { readiness, warnings } from '../runtime/status.ts';
import { jsonResponse, pathOf, type Edge } from './edge.ts';
import type { Served } from './kinds.ts';
import { problemResponse } from './problems.ts';

/** `GET /livez`: the process answers. */
export function livez(): Response {
  return jsonResponse({ live: true });
}

/** `GET /readyz`: it can do its work, with `warnings` if there are any; 503 with the reasons. */
export function readyz({ node }: Edge, c: Context): Response {
  const state = node.status.getSnapshot().context;
  const { ready, why } = readiness(state, node.options.partitions);
  const warned = warnings(state);
  if (ready) return jsonResponse(warned.length === 0 ? { ready } : { ready, warnings: warned });
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
    openapi: '/openapi.json',
    asyncapi: '/asyncapi.json',
    docs: '/docs',
    live: '/livez',
    ready: '/readyz',
    metrics: '/metrics',
  });
}
