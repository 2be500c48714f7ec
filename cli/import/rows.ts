/** The rows of a CSV file. One that cannot be read is told and left out; the next one begins on the next line. */
import { CsvError, parse } from 'csv-parse/sync';
import { malformed, type Refusal } from './item.ts';
import { problemOf, readLines, type Line } from './lines.ts';

export interface Row {
  /** Its first line in the file. */
  readonly line: number;
  readonly end: number;
  readonly text: string;
  readonly cells: readonly string[] | { readonly refusal: Refusal };
}

/** How many lines a quoted cell may go over before its opening quote is taken for a mistake. */
const spanMax = 100;
const spanMaxLength = 1_000_000;

/** Blank lines are left out. */
export async function* readRows(file: string): AsyncGenerator<Row> {
  const pending: Line[] = [];
  for await (const line of readLines(file)) {
    pending.push(line);
    yield* rowsOf(pending, false);
  }
  yield* rowsOf(pending, true);
}

/** Takes rows from the pending lines, until those that are left may go on. */
function* rowsOf(pending: Line[], isEnd: boolean): Generator<Row> {
  while (pending.length > 0) {
    const length = rowLength(pending);
    if (length === undefined && !isEnd && !isTooLong(pending)) return;
    const whole = rowOf(pending.slice(0, length));
    // Where a quote is at fault, only its line is: those behind it are rows of their own.
    const isFault = whole !== undefined && 'refusal' in whole.cells;
    const taken = pending.splice(0, isFault ? 1 : (length ?? pending.length));
    const row = isFault ? { ...whole, ...placeOf(taken) } : whole;
    if (row !== undefined) yield row;
  }
}

/** How many of the lines are one row: up to the first where no quote is open. Undefined: there is none. */
function rowLength(lines: readonly Line[]): number | undefined {
  let quotes = 0;
  for (const [index, { text }] of lines.entries()) {
    if (text === undefined) return Math.max(index, 1);
    quotes += text.split('"').length - 1;
    if (quotes % 2 === 0) return index + 1;
  }
  return undefined;
}

function isTooLong(lines: readonly Line[]): boolean {
  return (
    lines.length >= spanMax || lines.reduce((sum, { text = '' }) => sum + text.length, 0) > spanMaxLength
  );
}

function rowOf(lines: readonly Line[]): Row | undefined {
  const [first] = lines;
  if (first === undefined) return undefined;
  const place = placeOf(lines);
  if (first.text === undefined) return { ...place, cells: { refusal: problemOf(first) } };
  return place.text.trim() === '' ? undefined : { ...place, cells: cellsOf(place.text) };
}

function placeOf(lines: readonly Line[]): Pick<Row, 'line' | 'end' | 'text'> {
  const text = lines.map((each) => each.text ?? '').join('\n');
  return { line: lines[0]?.line ?? 0, end: lines.at(-1)?.end ?? 0, text };
}

function cellsOf(text: string): readonly string[] | { refusal: Refusal } {
  try {
    // It is one row, whatever lines its cells have.
    return parse(text, { record_delimiter: ['\u0000'] })[0] ?? [];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { refusal: malformed(`the row cannot be read: ${faults[error.code] ?? error.message}`) };
  }
}

const faults: Readonly<Partial<Record<string, string>>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'a quote inside quotes must be doubled',
  INVALID_OPENING_QUOTE: 'a cell with a quote must stand in quotes, and the quote be doubled',
};
