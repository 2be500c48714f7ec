/** What is read of dead letters: a page with its groups, one with its message, and what would come of it. */
import type { Context } from 'hono';
import { causeOf, type Letter } from '../../runtime/reading/dead-letters.ts';
import { messageIn } from '../../runtime/core/redrive.ts';
import { isoTime } from '../../runtime/core/view.ts';
import { jsonResponse, pathOf, type Edge } from '../edge.ts';
import { nextLink, readQuery, sequenceOf, wrong, type Query } from '../queries.ts';
import {
  fits,
  known,
  letterJson,
  operator,
  unreadable,
  type LetterGroup,
  type LettersJson,
} from './letter.ts';

const groupsMax = 100;
const statuses = ['open', 'redriven', 'discarded', 'all'];

/** `GET /dead-letters`: newest first; the open ones if no status is asked for. */
export async function list(edge: Edge, c: Context): Promise<Response> {
  await operator(edge, c);
  const query = readQuery(c.req.url, ['status', 'kind', 'actor', 'event', 'cause']);
  const before = query.cursor === undefined ? Infinity : sequenceOf(query.cursor);
  const wanted = wantedBy(query);
  const found = (await edge.node.reader.deadLetters.all()).filter(wanted);
  const page = found.filter(({ sequence }) => sequence < before).slice(0, query.limit + 1);
  const items = page.slice(0, query.limit);
  const next = page.length > query.limit ? String(items.at(-1)?.sequence) : null;
  const shown: LettersJson = { groups: groupsOf(found), items: items.map(letterJson), next };
  return jsonResponse(shown, next === null ? {} : { link: nextLink(pathOf(c), query, next) });
}

function wantedBy({ filters }: Query): (letter: Letter) => boolean {
  const of = (name: string): string | undefined => filters.findLast(([each]) => each === name)?.[1];
  const status = of('status') ?? 'open';
  if (!statuses.includes(status)) throw wrong('status', `must be one of ${statuses.join(', ')}`);
  const rest = { kind: of('kind'), actor: of('actor'), event: of('event'), cause: of('cause') };
  return (letter) => (status === 'all' || letter.status === status) && fits(letter, rest);
}

/** The largest first. */
function groupsOf(letters: readonly Letter[]): LetterGroup[] {
  const groups = Map.groupBy(letters, (letter) =>
    JSON.stringify([causeOf(letter), letter.to.kind, letter.event]),
  );
  return [...groups.values()]
    .toSorted((one, other) => other.length - one.length)
    .slice(0, groupsMax)
    .flatMap((group) => {
      const [newest, oldest] = [group[0], group.at(-1)];
      if (newest === undefined || oldest === undefined) return [];
      const about = { cause: causeOf(newest), kind: newest.to.kind, event: newest.event };
      return [{ ...about, count: group.length, oldest: isoTime(oldest.at), newest: isoTime(newest.at) }];
    });
}

/** `GET /dead-letters/{id}`: with its message, as text where it is no JSON. */
export async function one(edge: Edge, c: Context): Promise<Response> {
  await operator(edge, c);
  const letter = await known(edge, c);
  const found = await edge.node.reader.deadLetters.read(letter);
  const message = found === undefined ? null : (messageIn(found) ?? found.message);
  return jsonResponse({ ...letterJson(letter), message }, { 'cache-control': 'no-store' });
}

/** `POST …/rehearse`: what would come of it now; nothing does. */
export async function rehearse(edge: Edge, c: Context): Promise<Response> {
  const principal = await operator(edge, c);
  const letter = await known(edge, c);
  const found = await edge.node.reader.rehearseLetter(letter, principal);
  if (found === 'unreadable' || found === undefined) throw unreadable(letter);
  return jsonResponse(found, { 'cache-control': 'no-store' });
}
