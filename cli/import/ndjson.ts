/** A file with one JSON object a line. */
import { malformed, type Item, type Json, type Refusal } from './item.ts';
import { problemOf, readLines, type Line } from './lines.ts';

/** Blank lines are left out; what is no object is an item that says so. */
export async function* readNdjson(file: string): AsyncGenerator<Item> {
  for await (const line of readLines(file)) {
    if (line.text?.trim() === '') continue;
    yield itemOf(line);
  }
}

function itemOf(given: Line): Item {
  const { line, end, text } = given;
  const place = { line, end, id: undefined };
  if (text === undefined) return { ...place, text: 'null', content: { refusal: problemOf(given) } };
  const content = objectOf(text);
  if ('refusal' in content) return { ...place, text: JSON.stringify(text), content };
  const { id } = content.value;
  return { ...place, id: typeof id === 'string' ? id : undefined, text: text.trim(), content };
}

function objectOf(text: string): { value: Json } | { refusal: Refusal } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value: value as Json };
    return { refusal: malformed('the line is JSON, but not an object') };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { refusal: malformed(`the line is not JSON: ${why.slice(0, 200)}`) };
  }
}
