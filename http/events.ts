/** `GET /events` and `GET /<plural>/{id}/events`: the journal as it happens, for those who may see it. */
import type { Context } from 'hono';
import type { Address } from '../runtime/address.ts';
import type { FeedEntry } from '../runtime/reading/feed.ts';
import type { View } from '../runtime/core/view.ts';
import type { Bearer } from './auth.ts';
import { header, type Edge } from './edge.ts';
import { historyItem } from './history.ts';
import { checkId, type Served } from './kinds.ts';
import { admittedBearer, visible } from './reads.ts';
import { invalid } from './problems.ts';
import { wrong } from './queries.ts';
import type { ServerSentEvent } from './streams.ts';

/** Of all actors. `?kind=order,payment` and `?outcome=refused` leave the others out. */
export async function events(edge: Edge, c: Context): Promise<Response> {
  const bearer = await admittedBearer(edge, c);
  const wanted = filterOf(edge, c);
  const after = await beginning(edge, c);
  return open(edge, c, { after, bearer, wanted, reset: () => Promise.resolve({}) });
}

/** Of one actor. */
export async function actorEvents(
  edge: Edge,
  c: Context,
  { served, id }: { served: Served; id: string },
): Promise<Response> {
  const bearer = await admittedBearer(edge, c);
  const of = { kind: served.kind, id: checkId(served, id) };
  const wanted = filterOf(edge, c, []);
  const after = await beginning(edge, c);
  const view = (): Promise<View> => visible(edge, { served, id, principal: bearer.principal });
  await view();
  return open(edge, c, { after, bearer, wanted, reset: view, of });
}

/** From `Last-Event-ID` on; without one, from now on. */
async function beginning({ node }: Edge, c: Context): Promise<number> {
  const given = header(c, 'last-event-id');
  if (given === null || given === '') return (await node.reader.feed.bounds()).last;
  if (!/^\d{1,15}$/.test(given)) {
    const message = 'must be the id of an event: a whole number';
    throw invalid(`the header Last-Event-ID ${message}`, [{ pointer: '/Last-Event-ID', message }]);
  }
  return Number(given);
}

interface Stream {
  /** The sequence that the client has seen last. */
  readonly after: number;
  readonly bearer: Bearer;
  readonly wanted: (entry: FeedEntry) => boolean;
  /** What there is now, for who has seen what is not there any more. */
  readonly reset: () => Promise<object>;
  readonly of?: Address;
}

function open(edge: Edge, c: Context, { after, bearer, wanted, reset, of }: Stream): Response {
  const { reader, registry } = edge.node;
  const { principal, expiresAt } = bearer;
  const start = { after, ...(of === undefined ? {} : { of }) };
  async function* portions(signal: AbortSignal): AsyncGenerator<readonly ServerSentEvent[]> {
    for await (const { entries, isReset } of reader.feed.follow(start, signal)) {
      // What it does not show yet is in the stream: that goes on from before it was read.
      if (isReset) yield [{ event: 'reset', data: JSON.stringify(await reset()) }];
      const seen: ServerSentEvent[] = [];
      for (const entry of entries) {
        const definition = registry.get(entry.kind)?.definition;
        if (definition === undefined || !wanted(entry) || !(await reader.maySee(entry, principal))) continue;
        const item = historyItem(entry, definition, principal);
        if (item === undefined) continue;
        const data = JSON.stringify({ kind: entry.kind, id: entry.actor, ...item });
        seen.push({ id: entry.sequence, event: entry.outcome, data });
      }
      yield seen;
    }
  }
  return edge.streams.open({ method: c.req.method, subject: principal.subject, expiresAt }, portions);
}

const outcomes = ['accepted', 'refused'];

function filterOf(
  { node }: Edge,
  c: Context,
  known: readonly string[] = ['kind', 'outcome'],
): (entry: FeedEntry) => boolean {
  const query = new URL(c.req.url).searchParams;
  for (const name of query.keys()) {
    if (!known.includes(name)) {
      throw wrong(
        name.slice(0, 100),
        `is not known; known are: ${known.length === 0 ? 'none' : known.join(', ')}`,
      );
    }
  }
  const kinds = listOf(query.get('kind'), 'kind', [...node.registry.keys()]);
  const wanted = listOf(query.get('outcome'), 'outcome', outcomes);
  return ({ kind, outcome }) => kinds.has(kind) && wanted.has(outcome);
}

/** All, where nothing is given. */
function listOf(text: string | null, name: string, all: readonly string[]): ReadonlySet<string> {
  const given = text === null ? all : text.split(',').map((each) => each.trim());
  for (const each of given) {
    if (!all.includes(each)) throw wrong(name, `must be some of ${all.join(', ')}, with commas between`);
  }
  return new Set(given);
}
