/** Whether an actor that is there already is the one that was to be created, as far as its view shows. */

/**
 * Pointers to where they differ. What only one of the two has is not compared: a view may hide what was given,
 * and shows more than that.
 */
export function differencesOf(given: unknown, shown: unknown, pointer = ''): string[] {
  if (Array.isArray(given) && Array.isArray(shown)) {
    if (given.length !== shown.length) return [pointer];
    return given.flatMap((item, index) => differencesOf(item, shown[index], `${pointer}/${index}`));
  }
  if (isObject(given) && isObject(shown)) {
    return Object.entries(given).flatMap(([name, value]) =>
      value === undefined || !Object.hasOwn(shown, name)
        ? []
        : differencesOf(value, shown[name], `${pointer}/${name}`),
    );
  }
  return given === shown ? [] : [pointer];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
