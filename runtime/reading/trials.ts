/** What could happen to an actor, tried on a copy of it. Nothing does. */
import type { Address } from '../address.ts';
import { choicesOf, type Choice } from '../core/choices.ts';
import type { ActorRecord } from '../core/record.ts';
import { messageIn } from '../core/redrive.ts';
import { kindOf, type Registry } from '../core/registry.ts';
import { rehearse, rehearseMessage, type Rehearsal, type Rehearsed } from '../core/rehearsal.ts';
import { mayRead } from '../core/view.ts';
import type { Principal } from '../message.ts';
import type { Backend, Clock } from '../ports.ts';
import type { DeadLetters, Letter } from './dead-letters.ts';
import { recordAt, type NotKept } from './past.ts';
import { createSlices } from './slices.ts';

export interface Trials {
  /**
   * What would happen to it; nothing does. `at`: to the actor as it was after this entry of the journal, without
   * its timers and activities, which the journal does not keep; `unknown` if there is no such entry by this chart.
   */
  rehearse(of: Address, asked: Asked): Promise<Rehearsed | NotKept | 'forbidden' | 'unknown' | undefined>;
  /** What can happen to it, and why the rest cannot; as its version is. */
  choices(
    of: Address,
    principal: Principal,
  ): Promise<{ version: number; choices: Choice[] } | 'forbidden' | undefined>;
  /** What would come of a dead letter that is sent again now; `unreadable` if it cannot be. Nothing does. */
  rehearseLetter(letter: Letter, principal: Principal): Promise<Rehearsed | 'unreadable' | undefined>;
}

export interface Asked extends Pick<Rehearsal, 'events' | 'principal'> {
  readonly at?: number;
}

export interface TrialsContext {
  readonly registry: Registry;
  readonly backend: Backend;
  readonly clock: Clock;
  readonly deadLetters: DeadLetters;
  readonly stored: (of: Address) => Promise<ActorRecord | undefined>;
}

export function createTrials(given: TrialsContext): Trials {
  const { registry, backend, deadLetters, stored } = given;
  return {
    async rehearse(of, { at, events, principal }) {
      const kind = kindOf(registry, of.kind);
      const present = await stored(of);
      if (present === undefined) return undefined;
      if (!mayRead(kind, present, principal)) return 'forbidden';
      const record = at === undefined ? present : await recordAt(backend.journal, { kind, present, at });
      if (record === undefined) return 'unknown';
      if ('keptBefore' in record) return record;
      const worked = createSlices(given.clock);
      return rehearse({ registry, kind, record, events, principal, now: given.clock.now(), worked });
    },
    async choices(of, principal) {
      const kind = kindOf(registry, of.kind);
      const record = await stored(of);
      if (record === undefined) return undefined;
      if (!mayRead(kind, record, principal)) return 'forbidden';
      return { version: record.version, choices: choicesOf(kind, record, principal) };
    },
    async rehearseLetter(letter, principal) {
      const found = await deadLetters.read(letter);
      if (found === undefined) return undefined;
      const message = messageIn(found);
      const kind = message === undefined ? undefined : registry.get(message.to.kind);
      if (message === undefined || kind === undefined) return 'unreadable';
      const record = await stored(message.to);
      return rehearseMessage({ registry, kind, record, message, principal, now: given.clock.now() });
    },
  };
}
