/**
 * One actor on its way through a play, and what is expected of it by now: the entries of its journal, and what
 * it has told others.
 */
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { Message } from '../../runtime/message.ts';
import { until } from '../support/until.ts';
import { compareLists } from './compare.ts';
import { idOf, renamed } from './renaming.ts';
import type { Answer } from './stage.ts';

export interface PlayedActor {
  /** Its id, or what its id ends with. */
  readonly name: string;
  readonly key: string;
  /** In URLs. */
  readonly path: string;
  /** It sends as if from a partition of its own, so that no other actor's messages are waited for. */
  readonly channel: number;
  /** The last one sent on its channel to each partition. */
  readonly numbers: Map<number, number>;
  readonly journal: ExpectedEntry[];
  /** Events in the order sent, by the key of whom they were sent to. */
  readonly told: Map<string, unknown[]>;
  steps: number;
  refusals: number;
  /** Commands of somebody without a role. */
  forbidden: number;
  /** Which command the next barrier is: all of them have their turn. */
  barriers: number;
}

export interface ExpectedEntry {
  readonly event: string;
  readonly outcome: string;
  readonly reason: string | undefined;
  /** The state after it. */
  readonly to: unknown;
}

/** The actor of the way with this index. */
export function enter(definition: ActorDefinition, index: number): PlayedActor {
  const { kind, plural } = definition;
  const name = `p${index}`;
  const id = idOf(name, definition);
  return {
    name,
    key: `${kind}/${id}`,
    path: `/${plural}/${encodeURIComponent(id)}`,
    channel: 1_000 + index,
    numbers: new Map(),
    journal: [],
    told: new Map(),
    steps: 0,
    refusals: 0,
    forbidden: 0,
    barriers: index,
  };
}

/** What the journal calls a happening of this name. */
export function journaledEvent(name: string, message: Message): string {
  if (message.from !== 'activity') return name;
  return `xstate.${'error' in message.result ? 'error' : 'done'}.actor.${message.activity}`;
}

/**
 * The journal has every step and every refusal, in order, and no other; a text says what is otherwise. `read`
 * gives the entries that there are, oldest first, until they are as many as expected.
 */
export async function checkJournal(
  actor: PlayedActor,
  read: () => Promise<Answer['body'][]>,
): Promise<string | undefined> {
  const expected = actor.journal.map((entry) => JSON.stringify(renamed(entry, actor)));
  let items: Answer['body'][] = [];
  await until(
    async () => {
      items = await read();
      return items.length >= expected.length;
    },
    { what: () => `${expected.length} entries in the journal of ${actor.key}, which has ${items.length}` },
  );
  const stored = items.map(({ event, outcome, reason, to }) =>
    JSON.stringify({ event, outcome, reason, to }),
  );
  return compareLists('entry of the journal', stored, expected);
}
