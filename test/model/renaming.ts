/** A way is walked with an id that stands for any; whoever plays it has all of it with its own. */
import { addressOf } from '../../runtime/address.ts';
import type { ChartSnapshot } from '../../runtime/definition.ts';
import { isObject } from './found.ts';

/** As no payload is likely to be: it is replaced by the id of the actor that plays the way. */
export const walkedId = 'walked0actor';

/** A value of the walk as the actor with this key has it. Of a record the snapshot becomes plain data. */
export function renamed<Value>(value: Value, actor: { readonly key: string }): Value {
  const isRecord = isObject(value) && 'snapshot' in value;
  const plain = isRecord ? { ...value, snapshot: plainSnapshot(value['snapshot']), menu: undefined } : value;
  return JSON.parse(renamedText(JSON.stringify(plain), actor)) as Value;
}

/** JSON of the walk as the actor with this key has it. */
export function renamedText(text: string, { key }: { readonly key: string }): string {
  return text.replaceAll(walkedId, addressOf(key).id);
}

/** Without what XState adds to it. */
export function plainSnapshot(snapshot: unknown): Pick<ChartSnapshot, 'value' | 'status' | 'context'> {
  const { value, status, context } = snapshot as ChartSnapshot;
  return { value, status, context };
}
