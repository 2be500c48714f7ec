/**
 * All that a configuration refuses. On the walk, the reason must be the one that can be read from the chart as
 * it is written; tried there, each is answered with that reason, has its entry in the journal, and changes
 * nothing.
 */
import { commandOf, type ChartSnapshot } from '../../runtime/definition.ts';
import type { ActorMessage } from '../../runtime/message.ts';
import { compareProblem } from './compare.ts';
import { journaledEvent, type PlayedActor } from './played-actor.ts';
import { plainSnapshot, renamed } from './renaming.ts';
import type { Answer } from './stage.ts';
import { expectedRefusal, type Expected } from './structure.ts';
import type { Refused, Visited } from './visited.ts';
import type { Walk } from './walk.ts';
import type { Wire } from './wire.ts';

/** What was refused for another reason than the chart gives; none: nothing. */
export function wrongRefusals({ definition, visited }: Pick<Walk, 'definition' | 'visited'>): string[] {
  return visited.flatMap(({ record, refusals }) => {
    const snapshot = plainSnapshot(record.snapshot);
    return refusals.flatMap(({ happening: { name, message }, reason }) => {
      // The id is taken, whatever the chart would say.
      if (reason === 'exists' && message.from === 'outside') return [];
      const expected = expectedRefusal(definition.machine, snapshot, name);
      if (reason === expected.reason) return [];
      return [`${JSON.stringify(snapshot.value)} refuses ${name}: ${reason}, not ${expected.reason}`];
    });
  });
}

/** A text says what is not as it should be. */
export async function tryRefusals(
  wire: Wire,
  actor: PlayedActor,
  { record, refusals }: Visited,
): Promise<string | undefined> {
  const before = await wire.record(actor);
  const snapshot = plainSnapshot(record.snapshot);
  for (const refused of refusals) {
    const problem = await refuse({ wire, actor, snapshot }, refused);
    if (problem !== undefined) return `${refused.happening.name}: ${problem}`;
    actor.refusals += 1;
  }
  await wire.barrier(actor, renamed(snapshot, actor));
  return before === (await wire.record(actor)) ? undefined : 'a refusal has changed the record';
}

interface Place {
  readonly wire: Wire;
  readonly actor: PlayedActor;
  readonly snapshot: Pick<ChartSnapshot, 'value' | 'status'>;
}

async function refuse(place: Place, { happening }: Refused): Promise<string | undefined> {
  const { wire, actor, snapshot } = place;
  const { create, machine, commands } = wire.kind.definition;
  const message = renamed(happening.message, actor);
  const type = happening.name;
  const expected = expectedRefusal(machine, snapshot, type);
  const entry = { event: journaledEvent(type, message), outcome: 'refused', to: snapshot.value };
  if (message.from !== 'outside') {
    const problem = message.from === 'actor' ? await refuseOutside(place, message) : undefined;
    actor.journal.push({ ...entry, reason: expected.reason });
    await wire.send(actor, message);
    return problem;
  }
  const creates = type === create.event && !(type in commands);
  actor.journal.push({ ...entry, reason: creates ? 'exists' : expected.reason });
  return creates
    ? compareProblem(await wire.create(actor, message.event), 409, { type: '/problems/already-exists' })
    : compareProblem(await wire.command(actor, message.event), 409, problemOf(place, type, expected));
}

/** What is no command does not exist outside: of no actor, so one is asked. */
async function refuseOutside({ wire, actor }: Place, { event }: ActorMessage): Promise<string | undefined> {
  if (wire.kind.commands.has(commandOf(event.type)) || wire.unknown.has(event.type)) return undefined;
  wire.unknown.add(event.type);
  return compareProblem(await wire.command(actor, event), 404, { type: '/problems/not-found' });
}

function problemOf({ snapshot }: Place, event: string, { reason, guards }: Expected): Answer['body'] {
  const state = snapshot.value;
  return reason === 'guard'
    ? { type: '/problems/guard-refused', event, state, guard: guards }
    : { type: '/problems/illegal-transition', event, state };
}
