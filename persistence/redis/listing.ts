/** Lists over all partitions: each has its own indexes, the pages are merged here. */
import type { ListQuery } from '../../runtime/ports.ts';
import type { Connection } from './connection.ts';
import type { PartitionKeys } from './keys.ts';
import { pairs } from './load.ts';
import { list } from './scripts.ts';

interface Listed {
  readonly key: string;
  readonly createdAt: number;
}

/** How many entries of an index one script looks at before it lets others have their turn. */
const lookedAtMax = 2_000;

export async function listActors(
  connection: Connection,
  partitions: readonly PartitionKeys[],
  query: ListQuery,
): Promise<Listed[]> {
  const pages = await Promise.all(partitions.map((keys) => listPartition(connection, keys, query)));
  return pages.flat().sort(newestFirst).slice(0, query.limit);
}

async function listPartition(
  connection: Connection,
  keys: PartitionKeys,
  { kind, terms, after, limit }: ListQuery,
): Promise<Listed[]> {
  const indexes =
    terms.length === 0 ? [keys.index + kind] : terms.map((term) => `${keys.index}${kind}:${term}`);
  const found: Listed[] = [];
  let behind = after && [String(after.createdAt), after.key];
  do {
    const bounds = [String(limit - found.length), String(lookedAtMax), ...(behind ?? [])];
    const answer = await connection.run(list, [String(indexes.length), ...indexes, ...bounds]);
    const [page, key, createdAt] = answer as [string[], string?, string?];
    found.push(...pairs(page, (key, createdAt) => ({ key, createdAt: Number(createdAt) })));
    behind = key === undefined || createdAt === undefined ? undefined : [createdAt, key];
  } while (behind !== undefined);
  return found;
}

/** The order of the indexes, read backwards; keys are ASCII, so bytes and UTF-16 units order alike. */
function newestFirst(a: Listed, b: Listed): number {
  return b.createdAt - a.createdAt || (a.key < b.key ? 1 : -1);
}
