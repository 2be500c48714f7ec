/**
 * How wide text is, where nobody can ask a browser: the advance widths of Arial, and so of Helvetica, Arimo and
 * Liberation Sans, which are made to its measure. Thousandths of the font size, for the signs from space to `~`.
 */
const widths = {
  regular: [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
  ],
  bold: [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278,
    556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584,
    556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556,
    333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
  ],
};
const firstSign = 32;
/** Of the other signs that plain text has, in both weights. */
const typographic: Readonly<Record<string, number>> = {
  '’': 278,
  '‘': 278,
  '“': 500,
  '”': 500,
  '–': 556,
  '—': 1_000,
  '…': 1_000,
  '·': 333,
  '→': 1_000,
  '×': 584,
};
/** What is not known is taken for as wide as a letter can be. */
const widest = 1_000;

export interface Face {
  /** Pixels. */
  readonly size: number;
  readonly weight: keyof typeof widths;
}

/** Pixels. At least as wide as it will be. */
export function widthOf(text: string, face: Face): number {
  return Math.ceil(sum(text, face, widest) ?? 0);
}

/** Pixels; undefined where it has signs whose width is not known. */
export function lengthOf(text: string, face: Face): number | undefined {
  return sum(text, face, undefined);
}

function sum(text: string, { size, weight }: Face, other: number | undefined): number | undefined {
  let thousandths = 0;
  for (const sign of text) {
    const width = widths[weight][(sign.codePointAt(0) ?? 0) - firstSign] ?? typographic[sign] ?? other;
    if (width === undefined) return undefined;
    thousandths += width;
  }
  return (thousandths * size) / 1_000;
}

/** Lines no wider than `most` pixels, broken at spaces; a single word that is wider is broken where it is full. */
export function wrap(text: string, face: Face, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer, face) <= most) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = broken(word, face, most);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return line === '' ? lines : [...lines, line];
}

/** Before a capital, a dot or a bracket where there is one: names are made of such parts. */
function broken(word: string, face: Face, most: number): string[] {
  const pieces = [''];
  for (const part of word
    .split(/(?=[A-Z.[(])/)
    .flatMap((each) => (widthOf(each, face) > most ? Array.from(each) : each))) {
    const last = pieces.length - 1;
    const longer = (pieces[last] ?? '') + part;
    if (widthOf(longer, face) <= most) pieces[last] = longer;
    else pieces.push(part);
  }
  return pieces.filter((piece) => piece !== '');
}
