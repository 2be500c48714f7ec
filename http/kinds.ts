/** What the routes need of each kind of actor, worked out once from its definition. */
import { z } from 'zod';
import { idPattern } from '../runtime/address.ts';
import type { Kind, Registry } from '../runtime/core/registry.ts';
import { ProblemError } from './problems.ts';

export interface Operation {
  /** The event that it sends. */
  readonly event: string;
  /** What the body must be. */
  readonly schema: z.ZodType;
}

export interface Served {
  readonly kind: string;
  /** `/orders` */
  readonly path: string;
  readonly definition: Kind['definition'];
  /** Undefined: actors of this kind are not made from outside. */
  readonly create?: Operation & { readonly takesId: boolean };
  /** By the last part of the URL. */
  readonly commands: ReadonlyMap<string, Operation>;
  readonly commandNames: readonly string[];
}

/** By plural, the first part of the URL. */
export function servedKinds(registry: Registry): ReadonlyMap<string, Served> {
  return new Map([...registry.values()].map((kind) => [kind.definition.plural, served(kind)]));
}

function served({ definition, commands }: Kind): Served {
  const { kind, plural, create, input, events } = definition;
  const operations = [...commands].flatMap(([name, event]) => {
    const schema = events[event];
    return schema === undefined ? [] : [[name, { event, schema }] as const];
  });
  return {
    kind,
    path: `/${plural}`,
    definition,
    ...(create.access === undefined
      ? {}
      : { create: { event: create.event, schema: input, takesId: takesId(input) } }),
    commands: new Map(operations),
    commandNames: operations.map(([name]) => name),
  };
}

/** Whether the input's own schema has a word about `id`. */
function takesId(input: z.ZodType): boolean {
  const { properties } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  return properties !== undefined && Object.hasOwn(properties, 'id');
}

export function locationOf({ path }: Served, id: string): string {
  return `${path}/${encodeURIComponent(id)}`;
}

/** What is no id is the id of nothing. */
export function checkId({ kind }: Served, id: string): string {
  if (idPattern.test(id)) return id;
  throw new ProblemError({
    name: 'not-found',
    detail: `${JSON.stringify(id.slice(0, 200))} is no ${kind} id: ids are 1 to 200 letters, digits or _ - ~ # : and start with a letter, digit, _ or -`,
  });
}
