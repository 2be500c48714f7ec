/**
 * Names with a number each, as one text: ` o1~f1=1 o2~f1=3 `. A context is written out after every turn, and
 * one text is written, checked and copied many times faster than as many objects. Names have no space and no `=`.
 */
export type Register = string;

export const noEntries: Register = ' ';

/** The number that goes with this name; undefined: there is none. */
export function entryOf(register: Register, name: string): number | undefined {
  const at = register.indexOf(` ${name}=`);
  if (at === -1) return undefined;
  const from = at + name.length + 2;
  return Number(register.slice(from, register.indexOf(' ', from)));
}

/** In place of the one that it may have. */
export function withEntry(register: Register, name: string, number: number): Register {
  return `${withoutEntry(register, name)}${name}=${number} `;
}

export function withoutEntry(register: Register, name: string): Register {
  const at = register.indexOf(` ${name}=`);
  return at === -1 ? register : register.slice(0, at) + register.slice(register.indexOf(' ', at + 1));
}

/** Oldest first. */
export function entriesOf(register: Register): (readonly [name: string, number: number])[] {
  return register
    .split(' ')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const end = entry.indexOf('=');
      return [entry.slice(0, end), Number(entry.slice(end + 1))] as const;
    });
}

/** Any text as a name: what a name must not have is written as %, and four hexadecimal digits. */
export function nameOf(text: string): string {
  return text.replace(
    /[^A-Za-z0-9_.~#:-]/g,
    (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
