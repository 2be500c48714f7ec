/** What thousands have reserved of one thing: its journal does not repeat all of it with every turn. */
import { describe, expect, it } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import { definitions } from '../../actors/registry.ts';
import { entryOf } from '../../cli/export/entry.ts';
import { createReplay } from '../../cli/export/replay.ts';
import { journalPublication, type JournalEntry } from '../../runtime/core/entry.ts';
import type { Event, Message } from '../../runtime/message.ts';
import { defaultOptions } from '../../runtime/options.ts';
import { isWhole, largeMin, measured, snapshotText, type ActorRecord } from '../../runtime/core/record.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { turn, type Turn } from '../../runtime/core/turn.ts';
import { epoch } from '../support/clock.ts';
import { command, fromActor } from '../support/messages.ts';
import { seededRandom, seeds } from '../support/random.ts';

const registry = createRegistry(definitions);
const of = { kind: 'stockItem', id: 'W1~TEAPOT' };
const manager = { subject: 'mia', roles: ['warehouseManager'], warehouses: ['*'] };

/** A stock item, and its journal. */
class Item {
  record: ActorRecord | undefined;
  readonly journal: JournalEntry[] = [];
  #sequence = 0;

  take(message: Message): Turn {
    const sequence = ++this.#sequence;
    const time = epoch + sequence;
    const result = turn({ registry, record: this.record, message, time, sequence });
    const { body } = journalPublication({ message, time, chart: 1 }, result);
    expect(body.length).toBeLessThan(defaultOptions.messageMaxChars);
    this.record = result.record;
    this.journal.push(JSON.parse(body) as JournalEntry);
    return result;
  }

  receive(quantity: number): Turn {
    const event = { type: 'stockItem.receive', quantity, receiptId: `r${this.#sequence}` };
    return this.take(command('stockItem/W1~TEAPOT', event, { principal: manager }));
  }

  /** From so many orders. */
  ask(type: 'hold' | 'backorder', count: number): void {
    for (let n = 0; n < count; n++) {
      const order = { kind: 'order', id: `an-order-of-our-shop-${this.#sequence}` };
      const wish = { reservation: `${order.id}~r1`, owner: order, quantity: 1 };
      const event: Event = { type: `stockItem.${type}`, ...wish };
      this.take(fromActor('stockItem/W1~TEAPOT', type === 'hold' ? { ...event, partial: false } : event));
    }
  }
}

function snapshotOf(size: number): AnyMachineSnapshot {
  const state = { value: 'a', context: 'x'.repeat(size), status: 'active', historyValue: {} };
  return state as unknown as AnyMachineSnapshot;
}

describe('an actor that has grown large', () => {
  const item = new Item();
  item.receive(10_000);
  item.ask('hold', 900);
  const wholes = item.journal.filter(({ after }) => after !== undefined);

  it('has its state in the journal the more rarely, the larger it is', () => {
    const gaps = wholes.slice(1).map(({ version }, index) => version - (wholes[index]?.version ?? 0));
    expect(gaps).toEqual(gaps.toSorted((one, other) => one - other));
    expect([...new Set(gaps)]).toEqual([1, 2, 4, 8, 16, 32]);
    expect(wholes.at(-1)?.after).toHaveProperty('context.held.length', (wholes.at(-1)?.version ?? 0) - 1);
    const sizes = wholes.map(({ after }) => JSON.stringify(after).length);
    const taken = sizes.reduce((sum, size) => sum + size, 0);
    expect(taken / item.journal.length).toBeLessThan(4_000);
  });

  it('has it with each version while it is small, as most actors are', () => {
    const small = item.journal.filter(({ after }) => after === undefined)[0]?.version ?? 0;
    expect(small).toBeGreaterThan(50);
    expect(item.journal[small - 1]?.afterSize).toBeGreaterThanOrEqual(largeMin);
    expect(JSON.stringify(item.journal[small - 2]?.after).length).toBeLessThan(largeMin);
  });

  it.each(seeds(20))('has it within 32 versions, however its size goes up and down (seed %i)', (seed) => {
    const random = seededRandom(seed);
    let record: Pick<ActorRecord, 'size' | 'version'> | undefined;
    let last = 0;
    for (let version = 1; version <= 1_000; version++) {
      const snapshot = snapshotOf(random.pick([10, 9_000, 20_000, 70_000, 200_000]));
      // Loaded from the store, its size is known exactly.
      const isLoaded = random.chance(0.3);
      const size = isLoaded ? snapshotText(snapshot).length : measured(record, version, snapshot);
      record = { version, size };
      if (isWhole(record)) last = version;
      expect(version - last).toBeLessThan(32);
    }
  });

  it('is replayed from its journal all the same, also from its midst', () => {
    const replay = createReplay(registry, of);
    const taken = item.journal.map((entry) => replay.take(entryOf(entry)));
    expect(taken.every(({ how, differences }) => how === 'compared' && differences.length === 0)).toBe(true);
    expect(taken.at(-1)?.after).toBe(snapshotText(item.record?.snapshot as never));
    const late = createReplay(registry, of);
    const rest = item.journal.slice(-100).map((entry) => late.take(entryOf(entry)).how);
    const from = rest.indexOf('resumed');
    expect([...new Set(rest.slice(0, from))]).toEqual(['skipped']);
    expect([...new Set(rest.slice(from + 1))]).toEqual(['compared']);
  });

  it('tells all thousands who wait, in one turn whose entry stays small', () => {
    const waiting = new Item();
    waiting.receive(1);
    waiting.ask('backorder', 2_501);
    const { outcome, effects } = waiting.receive(2_500);
    expect(outcome.outcome).toBe('accepted');
    expect(effects.messages).toHaveLength(2_500);
    expect(waiting.journal.at(-1)?.sent).toHaveLength(200);
    expect(waiting.journal.at(-1)?.sentMore).toBe(2_300);
  });
});
