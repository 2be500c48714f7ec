/**
 * Strings that fit a regular expression: the shortest and the longest. Literals, classes, groups, alternatives
 * and counts are understood; of whatever else, the sample may not fit, and is then left out.
 */

/** `shortest` and `longest` samples that fit; an endless count is taken three times beyond its least. */
export function samplesOf(source: string): string[] {
  const expression = new RegExp(source, 'u');
  return [false, true]
    .map((longest) => sample(source, longest))
    .filter((text): text is string => text !== undefined && expression.test(text));
}

function sample(source: string, longest: boolean): string | undefined {
  const reading = { source, at: 0, longest };
  const text = alternatives(reading);
  return reading.at === source.length ? text : undefined;
}

interface Reading {
  readonly source: string;
  at: number;
  readonly longest: boolean;
}

/** The first one for the shortest, the last one for the longest. */
function alternatives(reading: Reading): string {
  const all = [sequence(reading)];
  while (next(reading) === '|') {
    reading.at += 1;
    all.push(sequence(reading));
  }
  return (reading.longest ? all.at(-1) : all[0]) ?? '';
}

function sequence(reading: Reading): string {
  let text = '';
  for (let char = next(reading); char !== '' && char !== '|' && char !== ')'; char = next(reading)) {
    const part = atom(reading);
    text += part.repeat(count(reading));
  }
  return text;
}

function next({ source, at }: Reading): string {
  return source.charAt(at);
}

function atom(reading: Reading): string {
  const char = next(reading);
  reading.at += 1;
  if (char === '^' || char === '$') return '';
  if (char === '.') return 'a';
  if (char === '[') return charClass(reading);
  if (char === '(') return group(reading);
  if (char === '\\') return escape(reading);
  return char;
}

function group(reading: Reading): string {
  const { source, at } = reading;
  const ahead = /^\?(?::|<[A-Za-z]\w*>)/.exec(source.slice(at));
  if (ahead !== null) reading.at += ahead[0].length;
  const text = alternatives(reading);
  reading.at += 1;
  return text;
}

const escapes: Readonly<Record<string, string>> = { d: '1', w: 'a', s: ' ', D: 'a', W: '-', S: 'a', b: '' };

function escape(reading: Reading): string {
  const char = next(reading);
  reading.at += 1;
  return escapes[char] ?? char;
}

/** The first member of the class; of a negated one, the first usual character that is not in it. */
function charClass(reading: Reading): string {
  const end = endOfClass(reading);
  const inside = reading.source.slice(reading.at, end);
  reading.at = end + 1;
  const fits = new RegExp(`^[${inside}]$`, 'u');
  const usual = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:,/#~@+ ';
  return Array.from(usual).find((char) => fits.test(char)) ?? inside.charAt(0);
}

function endOfClass({ source, at }: Reading): number {
  let end = at;
  while (end < source.length && source.charAt(end) !== ']') end += source.charAt(end) === '\\' ? 2 : 1;
  return end;
}

function count(reading: Reading): number {
  const found = /^(?:\{(\d+)(,?)(\d*)\}|[*+?])\??/.exec(reading.source.slice(reading.at));
  if (found === null) return 1;
  reading.at += found[0].length;
  const [least, most] = bounds(found);
  return reading.longest ? most : least;
}

function bounds([text, least = '', comma = '', most = '']: RegExpExecArray): [number, number] {
  if (text.startsWith('?')) return [0, 1];
  if (text.startsWith('*')) return [0, 3];
  if (text.startsWith('+')) return [1, 4];
  const from = Number(least);
  if (most !== '') return [from, Number(most)];
  return [from, comma === '' ? from : from + 3];
}
