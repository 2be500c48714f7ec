/** Where two JSON values differ, one line each. Pure. */

/** `context.holds.0.reason: "why" instead of "because"`; none where they are the same but for the order of keys. */
export function differencesOf(is: unknown, recorded: unknown, path = ''): string[] {
  if (Object.is(is, recorded)) return [];
  if (!isObject(is) || !isObject(recorded) || Array.isArray(is) !== Array.isArray(recorded)) {
    return [`${path === '' ? '' : `${path}: `}${shown(is)} instead of ${shown(recorded)}`];
  }
  const keys = new Set([...Object.keys(recorded), ...Object.keys(is)]);
  return [...keys].flatMap((key) =>
    differencesOf(ownOf(is, key), ownOf(recorded, key), path === '' ? key : `${path}.${key}`),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Names come from outside: `__proto__` is none of an object's own. */
function ownOf(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

const shownMax = 200;

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`;
}
