/** A way is walked with a name that stands for any; whoever plays it has all of it with its own. */
import type { ActorDefinition, ChartSnapshot } from '../../runtime/definition.ts';
import { isObject } from './found.ts';

/** As no payload is likely to be: it is replaced by the name of the actor that plays the way. */
export const walkedName = 'walked0actor';

/** The id of the actor with this name: the name, or with an owner before it where the kind wants one. */
export function idOf(name: string, { belongsTo }: Pick<ActorDefinition, 'belongsTo'>): string {
  const ids = [name, `model~${name}`];
  return ids.find((id) => typeof belongsTo?.(id) !== 'string') ?? name;
}

/** A value of the walk as the actor with this name has it. Of a record the snapshot becomes plain data. */
export function renamed<Value>(value: Value, actor: { readonly name: string }): Value {
  const isRecord = isObject(value) && 'snapshot' in value;
  const plain = isRecord ? { ...value, snapshot: plainSnapshot(value['snapshot']), menu: undefined } : value;
  return JSON.parse(renamedText(JSON.stringify(plain), actor)) as Value;
}

/** JSON of the walk as the actor with this name has it. */
export function renamedText(text: string, { name }: { readonly name: string }): string {
  return text.replaceAll(walkedName, name);
}

/** Without what XState adds to it. */
export function plainSnapshot(snapshot: unknown): Pick<ChartSnapshot, 'value' | 'status' | 'context'> {
  const { value, status, context } = snapshot as ChartSnapshot;
  return { value, status, context };
}
