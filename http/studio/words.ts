/** How the page words what the server says in code. */

const units: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** Two units at most: `1 h 20 min`. */
export function duration(ms: number): string {
  if (ms < 0) return 'now';
  const first = units.findIndex(([size]) => ms >= size);
  if (first === -1) return '< 1 s';
  let left = ms;
  const parts = units.slice(first, first + 2).map(([size, unit]) => {
    const count = Math.floor(left / size);
    left %= size;
    return { count, unit };
  });
  // Of ten days nobody asks for the hours.
  const shown = (parts[0]?.count ?? 0) >= 10 ? parts.slice(0, 1) : parts.filter(({ count }) => count > 0);
  return shown.map(({ count, unit }) => `${count} ${unit}`).join(' ');
}

export function time(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** `changeAddress`, `change-address` → `change address` */
export function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll('-', ' ');
}

export function titled(name: string): string {
  const words = spaced(name);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function count(number: number): string {
  return number.toLocaleString();
}

/** From minor units of its currency. */
export function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}
