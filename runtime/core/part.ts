/**
 * The text of an object in two parts, so that what is large in it need not be parsed. Only where a member of the
 * object itself begins do both parts parse: deeper inside, a bracket is left open; and within a string no quote
 * stands bare.
 */
export interface Parted {
  /** All before the member, parsed. */
  readonly head: object;
  /** An object's text, from the member on. */
  readonly rest: string;
}

/** Undefined where it has no such member, or has it first. */
export function partAt(text: string, member: string): Parted | undefined {
  const mark = `,"${member}":`;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
    const head = parsed(`${text.slice(0, at)}}`);
    if (head !== undefined) return { head, rest: `{${text.slice(at + 1)}` };
  }
  return undefined;
}

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
