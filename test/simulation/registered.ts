/**
 * Traffic for every registered definition, made from its schemas and from what its actors hold: whoever adds a
 * chart has it simulated.
 */
import { addressOf } from '../../runtime/address.ts';
import { restore, verdict } from '../../runtime/core/chart.ts';
import type { ActorDefinition, ChartSnapshot } from '../../runtime/definition.ts';
import type { Event, Principal } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { beginningsBy, happeningsOf, mayEverything } from '../model/events.ts';
import { seededRandom, type SeededRandom } from '../support/random.ts';
import { domain } from './domain.ts';
import type { Asking, Workload } from './workload.ts';

const creatable = domain.filter((definition) => creatingOf(definition).length > 0);
const roles = [...new Set(domain.flatMap((definition) => mayEverything(definition).roles))];
const anybody: Principal = { subject: 'ann', roles, warehouses: ['*'] };

const payloadsMax = 12;
const idsMax = 6;

export const registered: Workload = {
  registry: createRegistry(domain),
  principals: [anybody],
  first: (random) => creatable.map((definition) => creation(definition, random)),
  next: (random) => ({ draw: random.below(2 ** 31) }),
  drawn(draw, actors) {
    const random = seededRandom(draw);
    const known = [...actors].flatMap(([key, snapshot]): Known[] => {
      const { kind } = addressOf(key);
      const definition = domain.find((one) => one.kind === kind);
      return definition === undefined ? [] : [{ key, snapshot, definition }];
    });
    if (known.length === 0 || random.chance(0.15)) return creation(random.pick(creatable), random);
    const event = eventFor(random.pick(known), random);
    return event ?? creation(random.pick(creatable), random);
  },
  check: () => undefined,
};

interface Known {
  readonly key: string;
  readonly snapshot: unknown;
  readonly definition: ActorDefinition;
}

/** Mostly one that the chart takes now. */
function eventFor({ key, snapshot, definition }: Known, random: SeededRandom): Asking | undefined {
  // All that the generator asks of a record.
  const record = { key, snapshot, updatedAt: 0 } as unknown as ActorRecord;
  const restored = restore(definition.machine, snapshot as ChartSnapshot);
  const salt = random.below(1_000);
  const isAnything = random.chance(0.2);
  const types = Object.keys(definition.commands)
    .map((type) => ({ type, place: random.next() }))
    .sort((one, other) => one.place - other.place);
  for (const { type } of types) {
    const happenings = happeningsOf(definition, record, { type, max: payloadsMax, salt });
    const events = happenings.map(({ message }) => (message as unknown as { event: Event }).event);
    const taken = isAnything ? events : events.filter((event) => verdict(restored, event).can);
    if (taken.length > 0) return { key, event: random.pick(taken) };
  }
  return undefined;
}

function creation(definition: ActorDefinition, random: SeededRandom): Asking {
  const key = `${definition.kind}/${someId(definition, random)}`;
  const type = random.pick(creatingOf(definition));
  const { message } = random.pick(beginningsBy(definition, { key, type, max: payloadsMax }));
  return { key, event: (message as unknown as { event: Event }).event };
}

/** What a client may bring an actor into being with: its own event, or commands that it arises with. */
function creatingOf({ create, commands }: ActorDefinition): string[] {
  if (create.access !== undefined) return [create.event];
  return (create.arises ?? []).filter((type) => type in commands);
}

function someId({ belongsTo }: ActorDefinition, random: SeededRandom): string {
  const [owner, name] = [random.below(idsMax), random.below(idsMax)];
  return typeof belongsTo?.(`r${name}`) === 'string' ? `r${owner}~r${name}` : `r${name}`;
}
