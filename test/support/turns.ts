/** Turns one after the other on one actor, in memory. */
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { Message } from '../../runtime/message.ts';
import { parseRecord, recordText, type ActorRecord } from '../../runtime/core/record.ts';
import { createRegistry, type Kind, type Registry } from '../../runtime/core/registry.ts';
import { turn, type Turn } from '../../runtime/core/turn.ts';
import { epoch } from './clock.ts';
import { fromActor } from './messages.ts';

export interface Actor {
  readonly registry: Registry;
  /** Throws when there is none. */
  record(): ActorRecord;
  /** Takes the message; `time` counts on by itself. */
  take(message: Message, time?: number): Turn;
  /** The record goes to text and back, as after passivation. */
  reload(): void;
  text(): string;
}

/** Made by its create event, as another actor sends it. */
export function actor(
  definition: ActorDefinition,
  given: { id?: string; input?: object; others?: readonly ActorDefinition[] } = {},
): Actor {
  const { id = 'a1', input = {}, others = [] } = given;
  const registry = createRegistry([definition, ...others]);
  const kind = registry.get(definition.kind) as Kind;
  const key = `${definition.kind}/${id}`;
  let record: ActorRecord | undefined;
  let sequence = 0;
  let now = epoch;

  const self: Actor = {
    registry,
    record() {
      if (record === undefined) throw new Error(`${key} does not exist`);
      return record;
    },
    take(message, time) {
      now = time ?? now + 1;
      const result = turn({ registry, record, message, time: now, sequence: ++sequence });
      record = result.record;
      return result;
    },
    reload() {
      record = parseRecord(self.text(), kind);
    },
    text: () => recordText(self.record(), kind),
  };
  const created = self.take(fromActor(key, { type: definition.create.event, ...input }), epoch);
  if (created.outcome.outcome !== 'accepted')
    throw new Error(`not created: ${JSON.stringify(created.outcome)}`);
  return self;
}
