/** Restored or in memory, first time or again: the same bytes (I8), over random sequences of events. */
import { expect, test } from 'vitest';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { journalPublication } from '../../runtime/core/entry.ts';
import type { Message } from '../../runtime/message.ts';
import { type ActorRecord } from '../../runtime/core/record.ts';
import { counter, payer, regions, sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { at, fromActor } from '../support/messages.ts';
import { id, nextEvent, outputsOf, shopPlays, type Play } from '../support/plays.ts';
import { seededRandom, seeds, type SeededRandom } from '../support/random.ts';
import { actor, type Actor } from '../support/turns.ts';

const probe = (definition: ActorDefinition, events: Play['events'], input = {}): Play => ({
  ...{ definition, definitions: [definition], input, events },
});

const plays: readonly Play[] = [
  probe(
    counter,
    [
      { type: 'counter.add', by: 1 },
      { type: 'counter.add', by: 9 },
      { type: 'counter.tell', to: ['b', 'c'], by: 2 },
      'counter.note',
      'counter.ping',
      { type: 'counter.spoil', how: 'throw' },
    ],
    { limit: 12 },
  ),
  probe(sleeper, Object.keys(sleeper.commands)),
  probe(payer, [{ type: 'payer.pay', amount: 3 }, 'payer.ask', 'payer.cancel', 'payer.again']),
  probe(regions, Object.keys(regions.commands)),
  ...shopPlays,
];

/** Now and then a timer or a result, fitting or stale. */
function nextMessage(play: Play, record: ActorRecord, random: SeededRandom): Message {
  const to = at(record.key);
  const timer = Object.entries(record.timers)[0];
  if (timer !== undefined && random.chance(0.25)) {
    const token = random.chance(0.8) ? timer[1].token : 'stale';
    return { from: 'timer', to, timer: timer[0], token };
  }
  const activity = Object.entries(record.activities)[0];
  if (activity !== undefined && random.chance(0.4)) {
    const output = random.pick(outputsOf(play, activity[1].source, ['r']));
    const result = random.chance(0.5)
      ? { output: output as never }
      : { error: { code: 'terminal', message: 'no' } };
    return { from: 'activity', to, activity: activity[0], token: activity[1].token, result };
  }
  return fromActor(record.key, nextEvent(play, record, random), {
    id: random.id(),
    sender: { kind: 'x', id: 'y' },
  });
}

/** All that a turn leaves behind, as text. */
function takeAsText(it: Actor, message: Message, time: number): string {
  try {
    const result = it.take(message, time);
    const journal =
      result.outcome.outcome === 'dropped'
        ? ''
        : journalPublication({ message, time, chart: 1 }, result).body;
    return JSON.stringify([result.outcome, result.effects, it.text(), journal]);
  } catch (error) {
    return String(error);
  }
}

for (const play of plays) {
  const { kind } = play.definition;
  test.each(seeds(40))(`a restored ${kind} does what one in memory does, byte for byte (seed %i)`, (seed) => {
    const random = seededRandom(seed);
    const { definition, definitions, input } = play;
    const others = definitions.filter((other) => other !== definition);
    const given = { id, input, others };
    const [kept, restored] = [actor(definition, given), actor(definition, given)];
    let time = epoch;
    let accepted = 0;
    for (let step = 0; step < 60; step++) {
      const message = nextMessage(play, kept.record(), random);
      time += random.below(3_000);
      restored.reload();
      const text = takeAsText(kept, message, time);
      expect(takeAsText(restored, message, time), `step ${step}`).toBe(text);
      if (text.startsWith('[{"outcome":"accepted"')) accepted += 1;
    }
    expect(accepted).toBeGreaterThan(0);
  });
}
