/**
 * Gives actors what can happen to them: one pure turn for each attempt, with a copy of the chart that tells
 * what it does. Payloads that cannot be made, and those that make the chart fail, are problems.
 */
import { leafPaths } from '../../runtime/core/chart.ts';
import { arisesWith, type ActorDefinition } from '../../runtime/definition.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { createRegistry, type Registry } from '../../runtime/core/registry.ts';
import { turn } from '../../runtime/core/turn.ts';
import { beginningsBy, happeningsOf, resultsOf, type Happening } from './events.ts';
import { ownKindOf } from './messages.ts';
import { noteGuards, type Reached } from './reached.ts';
import { idOf, walkedName } from './renaming.ts';
import type { Traced } from './traced.ts';
import type { Taken } from './visited.ts';
import type { Limits } from './walk-limits.ts';

export interface Attempted {
  readonly definition: ActorDefinition;
  readonly others: readonly ActorDefinition[];
  readonly traced: Traced;
  readonly reached: Reached;
  readonly limits: Pick<Limits, 'payloadsMax' | 'beginningsMax'>;
  /** What the walk leaves out, in words. */
  readonly cut: Set<string>;
}

export class Attempts {
  readonly problems = new Set<string>();
  readonly #given: Attempted;
  readonly #registry: Registry;
  #count = 0;

  constructor(given: Attempted) {
    this.#given = given;
    this.#registry = createRegistry([given.traced.definition, ...given.others]);
  }

  get count(): number {
    return this.#count;
  }

  /** How an actor may come into being. */
  beginnings(): Happening[] {
    const { definition, limits } = this.#given;
    const { kind, create } = definition;
    const key = `${kind}/${idOf(walkedName, definition)}`;
    return (create.arises ?? [create.event]).flatMap((type) => {
      const make = () => beginningsBy(definition, { key, type, max: limits.beginningsMax });
      return this.#make(`event ${type}`, make) ?? [];
    });
  }

  /**
   * All payloads of an event for this actor. Another salt, other texts. One is enough for an event that its state
   * does not list: it is refused whatever it holds.
   */
  happenings(record: ActorRecord, type: string, salt = 0): Happening[] {
    const { definition, limits } = this.#given;
    const creates = type === definition.create.event && !arisesWith(definition, type);
    const make = (max: number) => happeningsOf(definition, record, { type, max, salt });
    const made = (): Happening[] => {
      if (creates) return make(3);
      // One is made fast; where the schema takes none of the first, it is looked for as far as elsewhere.
      const [one] = record.menu.listed.has(type) ? [] : make(1);
      return one === undefined ? make(limits.payloadsMax) : [one];
    };
    const all = this.#make(`event ${type}`, made);
    if (all?.length === 0) this.problems.add(`event ${type}: no payload fits its schema: give it examples`);
    return all ?? [];
  }

  /** How the activities of this actor may end. */
  results(record: ActorRecord): Happening[] {
    const { definition } = this.#given;
    return Object.keys(record.activities).flatMap(
      (each) => this.#make(`activity ${each}`, () => resultsOf(definition, record, each)) ?? [],
    );
  }

  /** Undefined where the turn throws: a dead letter, and that no payload should be. */
  take(record: ActorRecord | undefined, happening: Happening): Taken | undefined {
    const { traced, reached } = this.#given;
    const { message, time, name } = happening;
    this.#count += 1;
    traced.collect();
    try {
      const result = turn({ registry: this.#registry, record, message, time, sequence: 0 });
      const trace = traced.collect();
      noteGuards(reached, trace);
      const taken = { happening, turn: result, trace };
      this.#noteOwnKind(taken);
      return taken;
    } catch (error) {
      const where =
        record === undefined
          ? 'as a beginning'
          : `in ${leafPaths(record.snapshot.value as never).join(', ')}`;
      this.problems.add(`event ${name} ${where} makes the chart fail: ${messageOf(error)}`);
      return undefined;
    }
  }

  #noteOwnKind(taken: Taken): void {
    const { problems, notCompared } = ownKindOf(taken);
    for (const problem of problems) this.problems.add(problem);
    for (const each of notCompared) this.#given.cut.add(each);
  }

  /** Undefined where a schema or what makes the examples throws. */
  #make(what: string, make: () => Happening[]): Happening[] | undefined {
    try {
      return make();
    } catch (error) {
      this.problems.add(`${what}: its payloads cannot be made: ${messageOf(error)}`);
      return undefined;
    }
  }
}
