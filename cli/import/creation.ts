/** How actors of a kind are created from outside: where to, by which schema, under which key. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { idSchema } from '../../runtime/address.ts';
import { check, type FieldError } from '../../runtime/core/field-errors.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { invalid, type Json, type Refusal } from './item.ts';

export interface Creation {
  readonly kind: string;
  /** `/orders` */
  readonly path: string;
  readonly input: z.ZodType;
  /** The roles that may. */
  readonly roles: readonly string[];
  check(value: Json): Checked | { readonly refusal: Refusal };
}

export interface Checked {
  readonly id: string;
  /** As the schema makes it, defaults and all. */
  readonly payload: Json;
  /** The same for the same content, however it is written; another one for any other content. */
  readonly key: string;
}

/** `TerminalError` where there is no such kind, or none that may be created. */
export function creationOf(registry: Registry, name: string): Creation {
  const makeable = [...registry.values()].filter(({ definition }) => definition.create.access !== undefined);
  const names = makeable.map(({ definition }) => definition.kind).join(', ');
  const found = makeable.find(({ definition }) => definition.kind === name)?.definition;
  if (found === undefined) throw new TerminalError(`${name} cannot be imported; what can be is: ${names}`);
  const { kind, plural, input, create } = found;
  const takesId = Object.hasOwn(
    z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }).properties ?? {},
    'id',
  );

  return {
    kind,
    path: `/${plural}`,
    input,
    roles: Object.keys(create.access ?? {}),
    check(value) {
      const { id: given, ...rest } = value;
      const id = idSchema.safeParse(given);
      const checked = check(input, takesId ? value : rest, Infinity);
      const misfits = 'errors' in checked ? checked.errors : [];
      const isTold = misfits.some(({ pointer }) => pointer === '/id');
      const errors = isTold ? misfits : [...idErrors(given, id), ...misfits];
      if ('errors' in checked || !id.success || errors.length > 0) {
        return { refusal: invalid(`it does not fit the schema of ${kind}`, errors) };
      }
      const payload = checked.payload as Json;
      const content = JSON.stringify([kind, id.data, payload]);
      return { id: id.data, payload, key: `import-${hash('sha256', content, 'base64url')}` };
    },
  };
}

function idErrors(given: unknown, { error }: z.ZodSafeParseResult<string>): FieldError[] {
  if (given === undefined) {
    return [{ pointer: '/id', message: 'is needed: it tells what has been imported already' }];
  }
  return (error?.issues ?? []).map(({ message }) => ({ pointer: '/id', message }));
}
