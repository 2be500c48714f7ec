/**
 * A CSV file: a header, then rows; rows of the same id that stand together are one actor. What concerns the whole
 * of it stands in its first row; in the others it is the same, or empty.
 */
import type { FieldError } from '../../runtime/core/field-errors.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { valueOf, type Column } from './columns.ts';
import { invalid, malformed, type Item, type Refusal } from './item.ts';
import { readRows, type Row } from './rows.ts';

/** `TerminalError` for a header that has an unknown column, one twice, or no id. */
export async function* readCsv(file: string, known: ReadonlyMap<string, Column>): AsyncGenerator<Item> {
  const grouping = createGrouping();
  let header: Column[] | undefined;
  for await (const row of readRows(file)) {
    if (header === undefined) header = headerOf(row, known);
    else yield* grouping.add(row, header);
  }
  yield* grouping.end();
}

function headerOf({ cells }: Row, known: ReadonlyMap<string, Column>): Column[] {
  if ('refusal' in cells) throw new TerminalError(`the header: ${cells.refusal.reason}`);
  const names = cells.map((name) => name.trim());
  const unknown = names.filter((name) => !known.has(name)).map((name) => JSON.stringify(name.slice(0, 60)));
  if (unknown.length > 0) {
    throw new TerminalError(
      `unknown columns: ${unknown.join(', ')}; known are: ${[...known.keys()].join(', ')}`,
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new TerminalError(`the column ${twice} is there twice`);
  if (!names.includes('id')) throw new TerminalError('there is no column id');
  return names.flatMap((name) => known.get(name) ?? []);
}

interface Group {
  readonly id: string;
  readonly line: number;
  end: number;
  readonly value: Record<string, unknown>;
  readonly errors: FieldError[];
  /** A row beside it that cannot be read, and may be one of its own. */
  neighbor: number | undefined;
}

/** A row that cannot be read; whose it is may be told all the same. */
interface Unreadable {
  readonly line: number;
  readonly id: string | undefined;
}

interface Grouping {
  add(row: Row, header: readonly Column[]): Item[];
  end(): Item[];
}

function createGrouping(): Grouping {
  let group: Group | undefined;
  let unreadable: Unreadable | undefined;

  function end(): Item[] {
    const items = group === undefined ? [] : [itemOf(group)];
    group = undefined;
    return items;
  }

  function refuse(row: Row, header: readonly Column[], refusal: Refusal): Item[] {
    const { line, end: ends, text } = row;
    const id = header[0]?.name === 'id' ? /^([^",]+),/.exec(text)?.[1]?.trim() : undefined;
    unreadable = { line, id };
    if (group !== undefined) group.neighbor ??= lineOf(unreadable, group.id);
    return [...end(), { line, id, end: ends, text: JSON.stringify(text), content: { refusal } }];
  }

  return {
    end,
    add(row, header) {
      const { cells, line } = row;
      if ('refusal' in cells) return refuse(row, header, cells.refusal);
      if (cells.length !== header.length) {
        const reason = `the row has ${cells.length} cells, the header ${header.length}`;
        return refuse(row, header, malformed(reason));
      }
      const id = (cells[header.findIndex(({ name }) => name === 'id')] ?? '').trim();
      const items = id === group?.id ? [] : end();
      group ??= { id, line, end: row.end, value: {}, errors: [], neighbor: lineOf(unreadable, id) };
      unreadable = undefined;
      group.end = row.end;
      fill(group, cells, header);
      return items;
    },
  };
}

/** Its line, where it may belong to the actor of this id. */
function lineOf(row: Unreadable | undefined, id: string): number | undefined {
  return row?.id === undefined || row.id === id ? row?.line : undefined;
}

function itemOf({ id, line, end, value, errors, neighbor }: Group): Item {
  const text = JSON.stringify(value);
  if (neighbor !== undefined) {
    const refusal = malformed(`line ${neighbor}, beside it, cannot be read and may belong to it`);
    return { line, id, end, text, content: { refusal } };
  }
  if (errors.length > 0) {
    return { line, id, end, text, content: { refusal: invalid('the cells do not fit', errors) } };
  }
  return { line, id, end, text, content: { value } };
}

function fill(group: Group, cells: readonly string[], header: readonly Column[]): void {
  const elements = new Map<string, Record<string, unknown>>();
  for (const [index, column] of header.entries()) {
    const { list, path } = column;
    const cell = cells[index] ?? '';
    if (cell.trim() === '') continue;
    if (list === undefined) {
      put(group, { into: group.value, pointer: '', path }, () => valueOf(cell, column));
      continue;
    }
    const all = (group.value[list] ??= []) as unknown[];
    let element = elements.get(list);
    if (element === undefined) {
      element = {};
      elements.set(list, element);
      all.push(element);
    }
    const pointer = `/${list}/${all.length - 1}`;
    put(group, { into: element, pointer, path }, () => valueOf(cell, column));
  }
}

interface Place {
  readonly into: Record<string, unknown>;
  readonly pointer: string;
  readonly path: readonly string[];
}

function put({ errors }: Group, { into, pointer, path }: Place, read: () => unknown): void {
  const at = `${pointer}/${path.join('/')}`;
  let within = into;
  for (const name of path.slice(0, -1)) within = (within[name] ??= {}) as Record<string, unknown>;
  const name = path.at(-1) ?? '';
  try {
    const value = read();
    if (within[name] !== undefined && within[name] !== value) {
      errors.push({
        pointer: at,
        message: `two rows of it differ: ${JSON.stringify(within[name])} and ${JSON.stringify(value)}`,
      });
    }
    within[name] ??= value;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    errors.push({ pointer: at, message: error.message });
  }
}
