/**
 * Walks the configurations that a chart can be in, breadth first, with the pure turn. What comes out are the
 * shortest ways to every configuration, transition and pair of transitions, and what each configuration refuses.
 */
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { Effects } from '../../runtime/effects.ts';
import { messageOf } from '../../runtime/errors.ts';
import { leafPaths } from '../../runtime/chart.ts';
import type { ActorRecord } from '../../runtime/record.ts';
import { createRegistry, type Registry } from '../../runtime/registry.ts';
import { turn, type RefusalReason, type Turn } from '../../runtime/turn.ts';
import { keyOf, shapeOf } from './abstraction.ts';
import { beginnings, dueTimers, happeningsOf, results, type Happening } from './events.ts';
import { trace, type Trace, type Traced } from './traced.ts';

export interface Limits {
  /** Records that are walked on from. */
  readonly visitedMax: number;
  readonly depthMax: number;
  /** Of one event in one configuration. */
  readonly payloadsMax: number;
  readonly beginningsMax: number;
  /** Records that stand for one configuration, where their numbers differ. */
  readonly alikeMax: number;
  /** How often one event is repeated where a guard seems to count. */
  readonly repeatMax: number;
  readonly turnsMax: number;
}

export const defaultLimits: Limits = {
  visitedMax: 900,
  depthMax: 40,
  payloadsMax: 120,
  beginningsMax: 60,
  alikeMax: 2,
  repeatMax: 64,
  turnsMax: 200_000,
};

/** An actor that has come this far. */
export interface Visited {
  readonly record: ActorRecord;
  readonly key: string;
  readonly depth: number;
  readonly before: Visited | undefined;
  readonly move: Move;
  /** True for the first one of its configuration. */
  readonly isFirst: boolean;
  /** One for each event and reason. Filled when it is walked on from. */
  readonly refusals: Refused[];
}

/** What was accepted on the way; or refused, where a timer or an activity is spent by it all the same. */
export interface Move {
  readonly happening: Happening;
  readonly refused: RefusalReason | undefined;
  readonly messages: Effects['messages'];
  readonly trace: Trace;
}

export interface Refused {
  readonly happening: Happening;
  readonly reason: RefusalReason;
}

export interface Walk {
  readonly definition: ActorDefinition;
  /** The definitions that it runs with. */
  readonly others: readonly ActorDefinition[];
  readonly traced: Traced;
  /** Every configuration, by its shortest way. */
  readonly visited: readonly Visited[];
  /** The shortest ways to transitions and pairs that lead to nothing new. */
  readonly ends: readonly Visited[];
  readonly reached: Reached;
  /** Where a limit ended the walk, in words. */
  readonly cut: readonly string[];
  /** What is wrong with the definition: events without payload, charts that fail. */
  readonly problems: readonly string[];
  readonly turns: number;
}

export interface Reached {
  readonly states: Set<string>;
  readonly transitions: Set<string>;
  /** `one then other`, in the order taken. */
  readonly pairs: Set<string>;
  /** `<transition> passed` or `<transition> refused`. */
  readonly guards: Set<string>;
}

/** `all` are the definitions that it runs with: its messages are parsed with their schemas. */
export function walk(
  definition: ActorDefinition,
  all: readonly ActorDefinition[],
  limits: Partial<Limits> = {},
): Walk {
  return new Walker(definition, all, { ...defaultLimits, ...limits }).run();
}

class Walker {
  readonly #definition: ActorDefinition;
  readonly #others: readonly ActorDefinition[];
  readonly #limits: Limits;
  readonly #traced: Traced;
  readonly #registry: Registry;
  readonly #visited: Visited[] = [];
  readonly #ends: Visited[] = [];
  readonly #texts = new Set<string>();
  /** Shapes seen, by configuration. */
  readonly #shapes = new Map<string, Set<string>>();
  readonly #arrivals = new Set<string>();
  readonly #reached: Reached = {
    states: new Set(),
    transitions: new Set(),
    pairs: new Set(),
    guards: new Set(),
  };
  readonly #problems = new Set<string>();
  readonly #cut = new Set<string>();
  /** Transitions, by the states before them, of which more than one payload is played. */
  readonly #varied = new Set<string>();
  #next = 0;
  #turns = 0;

  constructor(definition: ActorDefinition, all: readonly ActorDefinition[], limits: Limits) {
    const others = all.filter(({ kind }) => kind !== definition.kind);
    this.#definition = definition;
    this.#others = others;
    this.#limits = limits;
    this.#traced = trace(definition);
    this.#registry = createRegistry([this.#traced.definition, ...others]);
  }

  run(): Walk {
    this.#begin();
    this.#walkOn();
    if (this.#missing().length > 0 && this.#turns < this.#limits.turnsMax) {
      this.#repeat();
      this.#walkOn();
    }
    this.#noteCut();
    return {
      definition: this.#definition,
      others: this.#others,
      traced: this.#traced,
      visited: this.#visited,
      ends: this.#ends,
      reached: this.#reached,
      cut: [...this.#cut],
      problems: [...this.#problems],
      turns: this.#turns,
    };
  }

  #begin(): void {
    const { kind, create } = this.#definition;
    const all = beginnings(this.#definition, `${kind}/${walkedId}`, this.#limits.beginningsMax);
    for (const happening of all) {
      const taken = this.#take(undefined, happening);
      if (taken?.turn.outcome.outcome === 'accepted') this.#arrive(undefined, taken);
    }
    if (this.#visited.length === 0) {
      this.#problems.add(`no payload of ${create.event} brings an actor into being: give it examples`);
    }
  }

  #walkOn(): void {
    const { visitedMax, turnsMax, depthMax } = this.#limits;
    for (; this.#next < Math.min(this.#visited.length, visitedMax) && this.#turns < turnsMax; this.#next++) {
      const from = this.#visited[this.#next];
      if (from === undefined) return;
      if (from.depth >= depthMax) this.#cut.add(`no way is followed beyond ${depthMax} steps`);
      else this.#expand(from);
    }
  }

  #noteCut(): void {
    const left = this.#visited.length - this.#next;
    if (left === 0) return;
    const limit = this.#next >= this.#limits.visitedMax ? 'visitedMax' : 'turnsMax';
    this.#cut.add(`${left} of ${this.#visited.length} records were not walked on from (${limit})`);
  }

  #expand(from: Visited): void {
    const { record } = from;
    for (const type of Object.keys(this.#definition.events)) {
      this.#tryAll(from, this.#happenings(record, type));
    }
    this.#tryAll(from, [...dueTimers(record), ...results(this.#definition, record)]);
  }

  /** Of payloads that lead to the same, the first one is walked on from, and the last one played too. */
  #tryAll(from: Visited, all: readonly Happening[]): void {
    const ends = new Map<string, { first: Taken; last: Taken }>();
    for (const happening of all) {
      const taken = this.#take(from.record, happening);
      if (taken === undefined) continue;
      this.#tried(from, taken);
      if (taken.turn.outcome.outcome !== 'accepted') continue;
      const name = `${happening.name} ${taken.trace.taken.join()}`;
      ends.set(name, { first: ends.get(name)?.first ?? taken, last: taken });
    }
    for (const [name, { first, last }] of ends) {
      const where = `${JSON.stringify(from.record.snapshot.value)} ${name}`;
      if (first === last || this.#varied.has(where)) continue;
      this.#varied.add(where);
      const end = this.#visitedBy(from, last);
      if (end !== undefined) this.#ends.push({ ...end, isFirst: false });
    }
  }

  #happenings(record: ActorRecord, type: string, salt = 0): Happening[] {
    const max = type === this.#definition.create.event ? 3 : this.#limits.payloadsMax;
    const all = happeningsOf(this.#definition, record, { type, max, salt });
    if (all.length === 0) this.#problems.add(`event ${type}: no payload fits its schema: give it examples`);
    return all;
  }

  #tried(from: Visited, taken: Taken): void {
    const { happening, turn: result } = taken;
    const { outcome } = result;
    if (outcome.outcome === 'accepted') this.#arrive(from, taken);
    if (outcome.outcome !== 'refused') return;
    const { reason } = outcome;
    const isSpent = result.record !== from.record;
    if (reason === 'invalid') {
      this.#problems.add(`event ${happening.name}: an example does not fit its schema`);
    } else if (isSpent) {
      this.#arrive(from, taken);
    } else if (
      !from.refusals.some((each) => each.happening.name === happening.name && each.reason === reason)
    ) {
      from.refusals.push({ happening, reason });
    }
  }

  /** Undefined where the turn throws: a dead letter, and that no payload should be. */
  #take(record: ActorRecord | undefined, happening: Happening): Taken | undefined {
    const { message, time, name } = happening;
    this.#turns += 1;
    this.#traced.collect();
    try {
      const result = turn({ registry: this.#registry, record, message, time, sequence: 0 });
      const seen = this.#traced.collect();
      for (const { id, passed } of seen.asked)
        this.#reached.guards.add(`${id} ${passed ? 'passed' : 'refused'}`);
      return { happening, turn: result, trace: seen };
    } catch (error) {
      const where =
        record === undefined
          ? 'as a beginning'
          : `in ${leafPaths(record.snapshot.value as never).join(', ')}`;
      this.#problems.add(`event ${name} ${where} makes the chart fail: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Keeps the way if it leads to something new. */
  #arrive(before: Visited | undefined, taken: Taken): void {
    const { record } = taken.turn;
    if (record === undefined) return;
    // The same record as before leads nowhere else; but the way to it may be a new one.
    const timers = Object.keys(record.timers).sort().join();
    const text = [
      record.text,
      timers,
      ...(before?.move.trace.taken.slice(-1) ?? []),
      ...taken.trace.taken,
    ].join(' ');
    if (this.#texts.has(text)) return;
    this.#texts.add(text);
    const visited = this.#visitedBy(before, taken);
    if (visited === undefined) return;
    const isNews = this.#cover(visited);
    if (this.#isToBeWalked(visited)) {
      this.#visited.push({ ...visited, isFirst: !this.#shapes.has(visited.key) });
      this.#addShape(visited);
    } else if (isNews) this.#ends.push({ ...visited, isFirst: false });
  }

  #visitedBy(
    before: Visited | undefined,
    { happening, turn: result, trace: seen }: Taken,
  ): Visited | undefined {
    const { record, effects, outcome } = result;
    if (record === undefined) return undefined;
    const refused = outcome.outcome === 'refused' ? outcome.reason : undefined;
    return {
      record,
      key: keyOf(record, this.#traced),
      depth: (before?.depth ?? 0) + 1,
      before,
      move: {
        happening,
        refused,
        messages: effects.messages,
        trace: refused === undefined ? seen : nothingSeen,
      },
      isFirst: true,
      refusals: [],
    };
  }

  #isToBeWalked({ record, key, move, before }: Visited): boolean {
    const arrival = JSON.stringify([record.snapshot.value, move.trace.taken.at(-1)]);
    const isNewArrival = !this.#arrivals.has(arrival);
    this.#arrivals.add(arrival);
    if (isNewArrival) return true;
    const shapes = this.#shapes.get(key);
    if (shapes === undefined) return true;
    // Of the beginnings all shapes: what an actor is born with decides what it can become.
    const max = before === undefined ? this.#limits.beginningsMax : this.#limits.alikeMax;
    return shapes.size < max && !shapes.has(shapeOf(record.snapshot.context));
  }

  #addShape({ key, record }: Visited): void {
    const shape = shapeOf(record.snapshot.context);
    const shapes = this.#shapes.get(key);
    if (shapes === undefined) this.#shapes.set(key, new Set([shape]));
    else shapes.add(shape);
  }

  /** True if it has reached a transition or a pair of them for the first time. */
  #cover({ before, move: { trace: seen } }: Visited): boolean {
    const { states, transitions, pairs } = this.#reached;
    const size = transitions.size + pairs.size + states.size;
    for (const state of seen.entered) states.add(state);
    for (const id of seen.taken) transitions.add(id);
    for (const pair of pairsOf(before, seen)) pairs.add(pair);
    return transitions.size + pairs.size + states.size > size;
  }

  #missing(): { state: string; id: string }[] {
    return this.#traced.edges.filter(
      ({ id, guard }) =>
        !this.#reached.transitions.has(id) ||
        (guard !== undefined && !this.#reached.guards.has(`${id} refused`)),
    );
  }

  /** A guard that counts is reached by the same event again and again, always with new texts. */
  #repeat(): void {
    const tried = new Map<string, number>();
    for (const from of [...this.#visited]) {
      if (from.record.snapshot.status !== 'active' || !this.#isNearMissing(from)) continue;
      for (const type of Object.keys(this.#definition.events)) {
        const name = `${JSON.stringify(from.record.snapshot.value)} ${type}`;
        const times = tried.get(name) ?? 0;
        tried.set(name, times + 1);
        if (times < repeatedFromMax) this.#repeatOne(from, type);
      }
    }
  }

  #isNearMissing({ record }: Visited): boolean {
    const leaves = leafPaths(record.snapshot.value as never);
    return this.#missing().some(({ state }) =>
      leaves.some((leaf) => state === '' || `${leaf}.`.startsWith(`${state}.`)),
    );
  }

  #repeatOne(start: Visited, type: string): void {
    const { repeatMax, turnsMax } = this.#limits;
    let from = start;
    for (let times = 1; times <= repeatMax && this.#turns < turnsMax; times++) {
      const next = this.#again(from, type, times);
      if (next === undefined) return;
      from = this.#shapes.has(next.key) ? next : { ...next, isFirst: true };
      if (from === next) continue;
      this.#cover(from);
      this.#visited.push(from);
      this.#addShape(from);
      if (times === repeatMax) this.#cut.add(`${type} was repeated ${repeatMax} times, and each led further`);
    }
  }

  /** The first payload that is taken and changes something. */
  #again(from: Visited, type: string, salt: number): Visited | undefined {
    for (const happening of this.#happenings(from.record, type, salt).slice(0, 8)) {
      const taken = this.#take(from.record, happening);
      if (taken?.turn.outcome.outcome !== 'accepted' || taken.turn.record?.text === from.record.text)
        continue;
      const next = this.#visitedBy(from, taken);
      return next && { ...next, isFirst: false };
    }
    return undefined;
  }
}

/** Records with the same states from which the same event is repeated. */
const repeatedFromMax = 8;

const nothingSeen: Trace = { entered: [], taken: [], asked: [] };

/** As no payload is likely to be: it is replaced by the id of the actor that plays the way. */
export const walkedId = 'walked0actor';

interface Taken {
  readonly happening: Happening;
  readonly turn: Turn;
  readonly trace: Trace;
}

/** Of transitions taken one after the other, in one step or from one step to the next. */
export function pairsOf(before: Visited | undefined, { taken }: Trace): string[] {
  const last = before?.move.trace.taken.at(-1);
  const all = last === undefined ? taken : [last, ...taken];
  return all.slice(1).map((id, index) => `${all[index] ?? ''} then ${id}`);
}

/** From the beginning to here. */
export function wayTo(visited: Visited): Visited[] {
  const way: Visited[] = [];
  for (let at: Visited | undefined = visited; at !== undefined; at = at.before) way.unshift(at);
  return way;
}
