/** What a context holds, by the name of the field: payloads that must match an actor take their values from it. */

export interface Found {
  /** Values of the field of this name; where there is none, of fields whose name ends with it. Best first. */
  named(name: string): readonly unknown[];
  /** All arrays of objects. */
  readonly lists: readonly (readonly Json[])[];
}

export type Json = Readonly<Record<string, unknown>>;

export const nothingFound: Found = { named: () => [], lists: [] };

/** `kind`: its own id is found as `orderId`, as others name it. */
export function foundIn(context: unknown, kind: string): Found {
  const byName = new Map<string, unknown[]>();
  const lists: Json[][] = [];

  function note(name: string, value: unknown): void {
    const values = byName.get(name);
    if (values === undefined) byName.set(name, [value]);
    else values.push(value);
  }

  function visit(value: unknown, name: string): void {
    if (Array.isArray(value)) {
      const objects = value.filter(isObject);
      if (objects.length > 0 && objects.length === value.length) lists.push(objects);
      for (const { id } of objects) if (id !== undefined) note(`${singular(name)}Id`, id);
      for (const each of value) visit(each, name);
    } else if (isObject(value)) {
      for (const key of Object.keys(value)) note(`${singular(name)}Id`, key);
      for (const [key, below] of Object.entries(value)) {
        note(key, below);
        visit(below, key);
      }
    }
  }

  visit(context, '');
  const known = new Map<string, readonly unknown[]>();
  if (isObject(context) && context['id'] !== undefined) note(`${kind}Id`, context['id']);
  return {
    lists,
    named(name) {
      const values = known.get(name) ?? distinct(valuesNamed(name, byName));
      known.set(name, values);
      return values;
    },
  };
}

function valuesNamed(name: string, byName: ReadonlyMap<string, unknown[]>): unknown[] {
  const ending = name.charAt(0).toUpperCase() + name.slice(1);
  return (
    byName.get(name) ?? [...byName].filter(([each]) => each.endsWith(ending)).flatMap(([, values]) => values)
  );
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As they look in JSON. */
export function distinct<Value>(values: readonly Value[]): Value[] {
  const seen = new Set<string | undefined>();
  return values.filter((value) => {
    const text = JSON.stringify(value) as string | undefined;
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function singular(name: string): string {
  return name.endsWith('s') ? name.slice(0, -1) : name;
}
