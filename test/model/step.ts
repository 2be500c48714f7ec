/**
 * One step of a way: what happened on the walk happens to the actor that plays it. Its view, and what is
 * stored of it, must then be what the chart says, to the byte. Of many ways that begin alike, one is looked at
 * in this way; of the others, their journals tell in the end.
 */
import { isDeepStrictEqual } from 'node:util';
import { keyOf } from '../../runtime/address.ts';
import { shownTo, type ActorDefinition, type ChartSnapshot } from '../../runtime/definition.ts';
import type { Message } from '../../runtime/message.ts';
import { restore, statusOf } from '../../runtime/core/chart.ts';
import { recordText, type ActorRecord } from '../../runtime/core/record.ts';
import { comparable, compareView } from './compare.ts';
import { mayEverything } from './events.ts';
import type { Partners } from './partners.ts';
import { journaledEvent, type PlayedActor } from './played-actor.ts';
import { renamed, renamedText } from './renaming.ts';
import type { Answer } from './stage.ts';
import type { Visited } from './visited.ts';
import type { Wire } from './wire.ts';

interface Place {
  readonly wire: Wire;
  readonly partners: Partners;
}

/** A text says what is not as it should be. */
export async function step(place: Place, actor: PlayedActor, visited: Visited): Promise<string | undefined> {
  const { wire } = place;
  const record = renamed(visited.record, actor);
  const { message, isNew, answered } = await happen(place, actor, visited);
  if (answered === undefined) await wire.barrier(actor, record.snapshot);
  const answer = answered ?? (await wire.view(actor));
  const status = isNew && message.from === 'outside' ? 201 : 200;
  return (
    compareView(answer, status, viewOf(wire.kind.definition, record)) ??
    (await compareRecord(wire, actor, visited))
  );
}

/** The step happens, and nobody looks: another actor takes the same one. */
export async function pass(place: Place, actor: PlayedActor, visited: Visited): Promise<undefined> {
  await happen(place, actor, visited);
}

interface Happened {
  readonly message: Message;
  readonly isNew: boolean;
  /** It has the actor's view; only what comes from outside is answered. */
  readonly answered: Answer | undefined;
}

async function happen(
  { wire, partners }: Place,
  actor: PlayedActor,
  { move: { happening, messages, refused }, record, before }: Visited,
): Promise<Happened> {
  for (const { to, event } of renamed(messages, actor)) await partners.tell(actor, keyOf(to), event);
  const message = renamed(happening.message, actor);
  const isNew = before === undefined;
  if (isNew) await partners.makeOwners(actor);
  // A timer's deadline is read from the record, which has it when all before has been handled.
  if (message.from === 'timer' && before !== undefined) {
    await wire.barrier(actor, renamed(before.record, actor).snapshot);
    await wire.letFire(actor, message);
  }
  actor.journal.push({
    event: journaledEvent(happening.name, message),
    outcome: refused === undefined ? 'accepted' : 'refused',
    reason: refused,
    to: renamed(record.snapshot.value, actor),
  });
  if (message.from === 'outside') {
    const { event } = message;
    const answered = await (isNew ? wire.create(actor, event) : wire.command(actor, event));
    return { message, isNew, answered };
  }
  await wire.send(actor, message);
  return { message, isNew, answered: undefined };
}

function viewOf(definition: ActorDefinition, { version, snapshot }: ActorRecord): Answer['body'] {
  const context = shownTo(mayEverything(definition), definition, snapshot.context);
  const { value: state } = snapshot as { value: unknown };
  const status = statusOf(restore(definition.machine, snapshot as unknown as ChartSnapshot));
  return JSON.parse(JSON.stringify({ version, status, state, context })) as Answer['body'];
}

async function compareRecord(
  wire: Wire,
  actor: PlayedActor,
  { record }: Visited,
): Promise<string | undefined> {
  const stored = comparable((await wire.record(actor)) ?? 'null');
  const expected = comparable(renamedText(recordText(record, wire.kind), actor));
  if (isDeepStrictEqual(stored, expected)) return undefined;
  return `the record is\n  ${JSON.stringify(stored)}, not\n  ${JSON.stringify(expected)}`;
}
