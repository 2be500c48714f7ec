/** Views, lists and history: committed state, for those who may see it. */
import type { Context } from 'hono';
import type { Address } from '../runtime/address.ts';
import type { Start } from '../runtime/reading/history.ts';
import type { Principal } from '../runtime/message.ts';
import type { View } from '../runtime/core/view.ts';
import type { Bearer } from './auth.ts';
import { chartOf } from './chart.ts';
import { authenticate, checkRate, checkServers, header, jsonResponse, pathOf, type Edge } from './edge.ts';
import { isKnownTag } from './headers.ts';
import { historyItem } from './history.ts';
import { checkId, type Served } from './kinds.ts';
import { cursorOf, cursorText, nextLink, readQuery, sequenceOf, wrong, type Query } from './queries.ts';
import { unseen } from './seen.ts';

/** `GET /<plural>/{id}`: the view; 304 for one that the caller has. */
export async function read(
  edge: Edge,
  c: Context,
  { served, id }: { served: Served; id: string },
): Promise<Response> {
  const principal = await admitted(edge, c);
  const view = await visible(edge, { served, id: checkId(served, id), principal });
  const etag = `"${view.version}"`;
  if (isKnownTag(header(c, 'if-none-match'), etag)) {
    return new Response(null, { status: 304, headers: { etag } });
  }
  return jsonResponse(view, { etag });
}

/** `GET /<plural>`: newest first, filtered by state path and by what the definition indexes. */
export async function list(edge: Edge, c: Context, served: Served): Promise<Response> {
  const principal = await admitted(edge, c);
  const query = readQuery(c.req.url, ['state', ...Object.keys(served.definition.indexed)]);
  checkStates(served, query);
  const terms = query.filters.map(([name, value]) => `${name}=${value}`);
  const after = query.cursor === undefined ? undefined : cursorOf(query.cursor, served.kind);
  const { items, next } = await edge.node.reader.list(
    { kind: served.kind, terms, limit: query.limit, ...(after === undefined ? {} : { after }) },
    principal,
  );
  return page({ path: pathOf(c), query }, items, next === undefined ? null : cursorText(next));
}

/** `GET /<plural>/{id}/history`: what has happened, refusals too, oldest first or newest first. */
export async function history(
  edge: Edge,
  c: Context,
  { served, id }: { served: Served; id: string },
): Promise<Response> {
  const principal = await admitted(edge, c);
  const query = readQuery(c.req.url, ['direction']);
  const start = startOf(query);
  const of = { kind: served.kind, id: checkId(served, id) };
  await visible(edge, { served, id, principal });
  const entries = await edge.node.reader.history(of, start, query.limit);
  const last = entries.at(-1)?.sequence;
  const next = last !== undefined && (await hasMore(edge, of, { start, last })) ? String(last) : null;
  return page(
    { path: pathOf(c), query },
    entries.flatMap((entry) => historyItem(entry, served.definition, principal) ?? []),
    next,
  );
}

export async function admitted(edge: Edge, c: Context): Promise<Principal> {
  return (await admittedBearer(edge, c)).principal;
}

/** For what goes on after the answer has begun. */
export async function admittedBearer(edge: Edge, c: Context): Promise<Bearer> {
  const bearer = await authenticate(edge, c);
  checkRate(edge, bearer.principal);
  checkServers(edge);
  return bearer;
}

/** Throws `not-found` or `forbidden`. */
export async function visible(
  { node }: Edge,
  { served, id, principal }: { served: Served; id: string; principal: Principal },
): Promise<View> {
  const view = await node.reader.view({ kind: served.kind, id }, principal);
  if (view === undefined || view === 'forbidden') throw unseen(served, { id, principal, found: view });
  return view;
}

/** A page may be short where the log held something twice, so its length does not tell. */
async function hasMore(
  { node: { reader } }: Edge,
  of: Address,
  { start, last }: { start: Start; last: number },
): Promise<boolean> {
  const isBack = 'before' in start;
  // Backwards, what tells is the very first one: logs find that sooner than the one before.
  const [next] = await reader.history(of, { after: isBack ? 0 : last }, 1);
  return next !== undefined && (!isBack || next.sequence < last);
}

/** `direction` and `cursor` of a history. */
function startOf({ cursor, filters }: Query): Start {
  const [direction = 'asc', again] = filters.map(([, value]) => value);
  if (again !== undefined) throw wrong('direction', 'is given more than once');
  const sequence = cursor === undefined ? undefined : sequenceOf(cursor);
  if (direction === 'asc') return { after: sequence ?? 0 };
  if (direction === 'desc') return { before: sequence ?? Number.MAX_SAFE_INTEGER };
  throw wrong('direction', 'must be asc or desc');
}

function page(
  { path, query }: { path: string; query: Query },
  items: readonly unknown[],
  next: string | null,
): Response {
  return jsonResponse({ items, next }, next === null ? {} : { link: nextLink(path, query, next) });
}

const statePaths = new WeakMap<Served, ReadonlySet<string>>();

/** A misspelt state would quietly find nothing. */
function checkStates(served: Served, { filters }: Query): void {
  for (const [name, value] of filters) {
    if (name !== 'state' || pathsOf(served).has(value)) continue;
    throw wrong('state', `must be a state of ${served.kind}: ${[...pathsOf(served)].join(', ')}`);
  }
}

function pathsOf(served: Served): ReadonlySet<string> {
  let paths = statePaths.get(served);
  if (paths === undefined) {
    paths = new Set(chartOf(served.definition.machine).states.map(({ id }) => id));
    statePaths.set(served, paths);
  }
  return paths;
}
