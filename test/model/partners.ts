/**
 * The actors of other kinds that those who play talk to. Each is made before the first message to it arrives;
 * in the end its journal must have every message to it once, in the order sent, and no other.
 */
import { addressOf, keyOf } from '../../runtime/address.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { ActorMessage } from '../../runtime/message.ts';
import { until } from '../support/until.ts';
import { compareLists } from './compare.ts';
import { beginningFor } from './events.ts';
import type { PlayedActor } from './played-actor.ts';
import type { Wire } from './wire.ts';

export class Partners {
  readonly #definitions: readonly ActorDefinition[];
  readonly #wire: Wire;
  /** Resolved once it is made, by key. */
  readonly #made = new Map<string, Promise<void>>();

  constructor(definitions: readonly ActorDefinition[], wire: Wire) {
    this.#definitions = definitions;
    this.#wire = wire;
  }

  /** Notes what the actor is going to tell the one with this key, who is there when it resolves. */
  async tell(actor: PlayedActor, key: string, event: unknown): Promise<void> {
    await this.#make(actor, key);
    const told = actor.told.get(key) ?? [];
    actor.told.set(key, [...told, event]);
  }

  /** Resolves when the actors that this one belongs to exist. */
  async makeOwners(actor: PlayedActor): Promise<void> {
    const { belongsTo } = this.#wire.kind.definition;
    const owners = belongsTo?.(addressOf(actor.key).id) ?? [];
    if (typeof owners === 'string') throw new Error(`${actor.key}: ${owners}`);
    for (const key of owners.map(keyOf)) {
      await this.#make(actor, key);
      await until(async () => (await this.#wire.record({ key })) !== undefined, {
        what: () => `${key}, which ${actor.key} belongs to`,
      });
    }
  }

  /** What is otherwise than told; none: nothing. Waits for as many messages as were told. */
  async check(actors: readonly PlayedActor[]): Promise<string[]> {
    const differences: string[] = [];
    for (const [key, tellers] of this.#tellers(actors)) {
      const expected = tellers.reduce((sum, { told }) => sum + (told.get(key)?.length ?? 0), 0);
      const bySender = await this.#heard(key, expected);
      for (const actor of tellers) {
        const heard = (bySender.get(actor.key) ?? []).map((event) => JSON.stringify(event));
        const said = (actor.told.get(key) ?? []).map((event) => JSON.stringify(event));
        const problem = compareLists(`message to ${key}`, heard, said);
        if (problem !== undefined) differences.push(`${actor.key}: ${problem}`);
      }
    }
    return differences;
  }

  #make(actor: PlayedActor, key: string): Promise<void> {
    const partner = this.#definitions.find(({ kind }) => kind === addressOf(key).kind);
    if (partner === undefined) return Promise.resolve();
    let made = this.#made.get(key);
    if (made === undefined) {
      const event = beginningFor(partner, key);
      const message = { from: 'actor', to: addressOf(key), event } as ActorMessage;
      this.#made.set(key, (made = this.#wire.send(actor, message)));
    }
    return made;
  }

  /** Who has told it something, by the key of each partner. */
  #tellers(actors: readonly PlayedActor[]): Map<string, PlayedActor[]> {
    const tellers = new Map<string, PlayedActor[]>();
    for (const actor of actors) {
      for (const key of actor.told.keys()) {
        if (this.#made.has(key)) tellers.set(key, [...(tellers.get(key) ?? []), actor]);
      }
    }
    return tellers;
  }

  /** The events in a partner's journal, by who sent them. */
  async #heard(key: string, expected: number): Promise<Map<string, unknown[]>> {
    const bySender = new Map<string, unknown[]>();
    let after = 0;
    let count = 0;
    await until(
      async () => {
        for (const { sequence, body } of await this.#wire.journal(key, after)) {
          const { source, event } = JSON.parse(body) as JournalEntry;
          after = sequence;
          if (source.from !== 'actor' || source.actor.startsWith('model/')) continue;
          bySender.set(source.actor, [...(bySender.get(source.actor) ?? []), event]);
          count += 1;
        }
        return count >= expected;
      },
      { what: () => `${expected} messages to ${key}, which has ${count}` },
    );
    return bySender;
  }
}
