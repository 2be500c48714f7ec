/**
 * One step of a way: what happened on the walk happens to the actor that plays it. Its view, and what is
 * stored of it, must then be what the chart says, to the byte.
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

/** A text says what is not as it should be. */
export async function step(
  { wire, partners }: { wire: Wire; partners: Partners },
  actor: PlayedActor,
  visited: Visited,
): Promise<string | undefined> {
  const { happening, messages, refused } = visited.move;
  for (const { to, event } of renamed(messages, actor)) await partners.tell(actor, keyOf(to), event);
  const message = renamed(happening.message, actor);
  const record = renamed(visited.record, actor);
  const state = record.snapshot.value as unknown;
  const outcome = refused === undefined ? 'accepted' : 'refused';
  actor.journal.push({ event: journaledEvent(happening.name, message), outcome, reason: refused, to: state });
  const isNew = visited.before === undefined;
  if (isNew) await partners.makeOwners(actor);
  const answer = await happen(wire, actor, { message, record, isNew });
  const status = isNew && message.from === 'outside' ? 201 : 200;
  return (
    compareView(answer, status, viewOf(wire.kind.definition, record)) ??
    (await compareRecord(wire, actor, visited))
  );
}

/** The answer has the actor's view. */
async function happen(
  wire: Wire,
  actor: PlayedActor,
  { message, record, isNew }: { message: Message; record: ActorRecord; isNew: boolean },
): Promise<Answer> {
  if (message.from === 'outside')
    return isNew ? wire.create(actor, message.event) : wire.command(actor, message.event);
  if (message.from === 'timer') await wire.letFire(actor, message);
  await wire.send(actor, message);
  await wire.barrier(actor, record.snapshot);
  return wire.view(actor);
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
