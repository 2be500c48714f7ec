/**
 * The id of a command that its client gave no key: when it was made, by the mailbox's clock, and what no other
 * has. The stores keep answers under such ids in the order of their making: the old ones lie together.
 */

/** The milliseconds of 1972 to 2100 in base 36. */
const written = /^[0-9a-z]{8,9}(?=-)/;

export function madeId(madeAt: number, random: string): string {
  return `${madeAt.toString(36)}-${random}`;
}

/** The ms that an id says, also behind a scope that ends with a bar; undefined if it says none. */
export function madeAtOf(id: string): number | undefined {
  const time = written.exec(id.slice(id.lastIndexOf('|') + 1))?.[0];
  return time === undefined ? undefined : Number.parseInt(time, 36);
}
