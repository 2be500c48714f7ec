/**
 * Plays the ways of a walk on a stage: every step through HTTP or, where it does not come from outside, by
 * the mailbox; and at every configuration all that it refuses. After each step the actor must be what the
 * chart says, to the byte; in the end its journal and what it has told others too.
 */
import { isDeepStrictEqual } from 'node:util';
import { addressOf, keyOf, partitionOf } from '../../runtime/address.ts';
import type { JournalEntry } from '../../runtime/entry.ts';
import { commandOf, type ActorDefinition, type ChartSnapshot } from '../../runtime/definition.ts';
import type { ActorMessage, Message, Principal } from '../../runtime/message.ts';
import { recordText, type ActorRecord } from '../../runtime/record.ts';
import { createRegistry, type Kind } from '../../runtime/registry.ts';
import { until } from '../support/until.ts';
import { mayEverything } from './events.ts';
import { comparable, compareLists, compareProblem, compareView } from './compare.ts';
import { isObject } from './found.ts';
import { payloadsOf } from './payloads.ts';
import type { Answer, Stage } from './stage.ts';
import { expectedRefusal } from './structure.ts';
import { pairsOf, walkedId, wayTo, type Refused, type Visited, type Walk } from './walk.ts';

export interface Played {
  readonly actors: number;
  readonly steps: number;
  readonly refusals: number;
  /** Commands of somebody without a role. */
  readonly forbidden: number;
  readonly configurations: number;
  readonly states: ReadonlySet<string>;
  readonly transitions: ReadonlySet<string>;
  readonly pairs: ReadonlySet<string>;
  /** What was otherwise than the chart says; none: all of it was played. */
  readonly differences: readonly string[];
}

export interface PlayOptions {
  /** Ways that are played at the same time. */
  readonly atOnce?: number;
  /** After so many, no more ways are begun. */
  readonly differencesMax?: number;
}

export async function play(walk: Walk, stage: Stage, options: PlayOptions = {}): Promise<Played> {
  const { atOnce = 64, differencesMax = 20 } = options;
  const playing = new Playing(walk, stage);
  const ways = waysOf(walk);
  const left = ways.entries();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [index, way] of left) {
        if (playing.differences.length >= differencesMax) return;
        await playing.play(way, index);
      }
    }),
  );
  if (playing.differences.length === 0) await playing.checkPartners();
  return playing.result(ways.length);
}

/** The longest ways: each has the shorter ones in it. */
export function waysOf({ visited, ends }: Pick<Walk, 'visited' | 'ends'>): Visited[][] {
  const inner = new Set([...visited, ...ends].map(({ before }) => before));
  return [...visited, ...ends].filter((each) => !inner.has(each)).map(wayTo);
}

const nobody: Principal = { subject: 'nobody', roles: [], warehouses: [] };

/** One actor on its way. */
interface Actor {
  readonly key: string;
  readonly path: string;
  readonly partition: number;
  /** It sends as if from a partition of its own, so that no other actor's messages are waited for. */
  readonly channel: number;
  readonly numbers: Map<number, number>;
  readonly journal: { event: string; outcome: string; reason: string | undefined; to: unknown }[];
  readonly told: Map<string, unknown[]>;
  barriers: number;
}

class Playing {
  readonly differences: string[] = [];
  readonly #walk: Walk;
  readonly #definition: ActorDefinition;
  readonly #kind: Kind;
  readonly #stage: Stage;
  readonly #principal: Principal;
  readonly #tried = new Set<Visited>();
  readonly #partners = new Map<string, Promise<void>>();
  readonly #actors: Actor[] = [];
  readonly #seen = { states: new Set<string>(), transitions: new Set<string>(), pairs: new Set<string>() };
  #steps = 0;
  #refusals = 0;
  #forbidden = 0;

  constructor(walk: Walk, stage: Stage) {
    this.#walk = walk;
    this.#definition = walk.definition;
    this.#stage = stage;
    this.#principal = mayEverything(walk.definition);
    const others = walk.others.filter(({ kind }) => kind !== walk.definition.kind);
    const kind = createRegistry([walk.definition, ...others]).get(walk.definition.kind);
    if (kind === undefined) throw new Error('it was registered just now');
    this.#kind = kind;
  }

  result(actors: number): Played {
    const [steps, refusals, forbidden] = [this.#steps, this.#refusals, this.#forbidden];
    const configurations = [...this.#tried].length;
    return {
      actors,
      steps,
      refusals,
      forbidden,
      configurations,
      ...this.#seen,
      differences: this.differences,
    };
  }

  async play(way: readonly Visited[], index: number): Promise<void> {
    const { kind, plural } = this.#definition;
    const id = `p${index}`;
    const key = `${kind}/${id}`;
    const actor: Actor = {
      key,
      path: `/${plural}/${id}`,
      partition: partitionOf(key, this.#stage.partitions),
      channel: 1_000 + index,
      numbers: new Map(),
      journal: [],
      told: new Map(),
      barriers: index,
    };
    this.#actors.push(actor);
    const done: string[] = [];
    for (const visited of way) {
      done.push(visited.move.happening.name);
      const problem = await this.#visit(actor, visited).catch((error: unknown) => String(error));
      if (problem === undefined) continue;
      this.differences.push(`${key} after ${done.join(', ')}: ${problem}`);
      return;
    }
    const problem = await this.#checkJournal(actor).catch((error: unknown) => String(error));
    if (problem !== undefined) this.differences.push(`${key} after ${done.join(', ')}: ${problem}`);
  }

  /** One step, and whatever is to be tried there. A text says what is not as it should be. */
  async #visit(actor: Actor, visited: Visited): Promise<string | undefined> {
    const problem = (await this.#step(actor, visited)) ?? (await this.#compareRecord(actor, visited));
    if (problem !== undefined) return problem;
    this.#note(visited);
    if (!visited.isFirst || this.#tried.has(visited)) return undefined;
    this.#tried.add(visited);
    return this.#tryRefusals(actor, visited);
  }

  #note(visited: Visited): void {
    const { trace } = visited.move;
    for (const state of trace.entered) this.#seen.states.add(state);
    for (const id of trace.taken) this.#seen.transitions.add(id);
    for (const pair of pairsOf(visited.before, trace)) this.#seen.pairs.add(pair);
    this.#steps += 1;
  }

  async #step(actor: Actor, visited: Visited): Promise<string | undefined> {
    const { happening, messages, refused } = visited.move;
    for (const { to, event } of renamed(messages, actor)) {
      await this.#makePartner(actor, keyOf(to));
      const told = actor.told.get(keyOf(to)) ?? [];
      actor.told.set(keyOf(to), [...told, event]);
    }
    const message = renamed(happening.message, actor);
    const record = renamed(visited.record, actor);
    const state = record.snapshot.value as unknown;
    const outcome = refused === undefined ? 'accepted' : 'refused';
    actor.journal.push({ event: eventOf(happening.name, message), outcome, reason: refused, to: state });
    if (message.from !== 'outside') {
      if (message.from === 'timer') await this.#letFire(actor, message);
      await this.#send(actor, message);
      await this.#barrier(actor, state);
      return compareView(await this.#stage.request(this.#principal, actor.path), 200, this.#view(record));
    }
    const isNew = visited.before === undefined;
    const answer = isNew ? await this.#create(actor, message) : await this.#command(actor, message);
    return compareView(answer, isNew ? 201 : 200, this.#view(record));
  }

  /** Its deadline is the real one; the walk had a time of its own. */
  async #letFire(actor: Actor, { timer, token }: Extract<Message, { from: 'timer' }>): Promise<void> {
    const record = JSON.parse((await this.#record(actor)) ?? '{}') as Partial<Pick<ActorRecord, 'timers'>>;
    this.#stage.fires(token, record.timers?.[timer]?.at ?? 0);
  }

  #view({ version, snapshot }: ActorRecord): Readonly<Record<string, unknown>> {
    const context = this.#definition.view(snapshot.context);
    const { value: state, status } = snapshot as { value: unknown; status: unknown };
    return JSON.parse(JSON.stringify({ version, status, state, context })) as Readonly<
      Record<string, unknown>
    >;
  }

  #create(actor: Actor, { event }: Extract<Message, { from: 'outside' }>): Promise<Answer> {
    const { type: _type, ...body } = event;
    const { id } = addressOf(actor.key);
    return this.#stage.request(this.#principal, `/${this.#definition.plural}`, { id, ...body });
  }

  #command(actor: Actor, { event }: Extract<Message, { from: 'outside' }>): Promise<Answer> {
    const { type, ...body } = event;
    return this.#stage.request(this.#principal, `${actor.path}/${commandOf(type)}`, body);
  }

  /** Into the mailbox, as the runtime itself puts it there. */
  #send(actor: Actor, message: Message, to = message.to): Promise<void> {
    const partition = partitionOf(keyOf(to), this.#stage.partitions);
    if (message.from === 'timer' || message.from === 'activity') {
      const { token: id } = message;
      return this.#stage.backend.mailbox.append({
        to,
        partition,
        id,
        dedupe: false,
        body: JSON.stringify(message),
      });
    }
    const number = (actor.numbers.get(partition) ?? 0) + 1;
    actor.numbers.set(partition, number);
    const { channel } = actor;
    const id = `model/${channel}@${partition}.${number}`;
    const sender = { kind: 'model', id: String(channel) };
    const sent: ActorMessage = { from: 'actor', to, event: message.event, id, sender, channel, number };
    return this.#stage.backend.mailbox.append({
      to,
      partition,
      id,
      dedupe: true,
      body: JSON.stringify(sent),
    });
  }

  /** Refused whatever the state, and answered after all that was sent before. */
  async #barrier(actor: Actor, state: unknown): Promise<void> {
    const types = Object.keys(this.#definition.commands);
    const type = types[actor.barriers++ % types.length];
    if (type === undefined) {
      const entries = actor.journal.length;
      await until(async () => (await this.#history(actor)).length >= entries);
      return;
    }
    const schema = this.#definition.events[type];
    const body = schema === undefined ? {} : payloadsOf(schema, { max: 1 })[0];
    const answer = await this.#stage.request(nobody, `${actor.path}/${commandOf(type)}`, body);
    if (answer.status !== 403) throw new Error(`${type} of nobody was answered ${answer.status}, not 403`);
    this.#forbidden += 1;
    actor.journal.push({ event: type, outcome: 'refused', reason: 'forbidden', to: state });
  }

  /** There before the first message to it arrives. */
  #makePartner(actor: Actor, key: string): Promise<void> {
    const partner = this.#walk.others.find(({ kind }) => kind === addressOf(key).kind);
    if (partner === undefined || partner.kind === this.#definition.kind) return Promise.resolve();
    let made = this.#partners.get(key);
    if (made === undefined) {
      const payload = payloadsOf(partner.input, { max: 1 })[0];
      const event = { ...payload, type: partner.create.event };
      const message = { from: 'actor', to: addressOf(key), event } as ActorMessage;
      this.#partners.set(key, (made = this.#send(actor, message)));
    }
    return made;
  }

  async #compareRecord(actor: Actor, { record }: Visited): Promise<string | undefined> {
    const stored = comparable((await this.#record(actor)) ?? 'null');
    const expected = comparable(rename(recordText(record, this.#kind), actor));
    if (isDeepStrictEqual(stored, expected)) return undefined;
    return `the record is\n  ${JSON.stringify(stored)}, not\n  ${JSON.stringify(expected)}`;
  }

  #record({ key, partition }: Actor): Promise<string | undefined> {
    return this.#stage.backend.store.record(partition, key);
  }

  async #tryRefusals(actor: Actor, visited: Visited): Promise<string | undefined> {
    const before = await this.#record(actor);
    const state = renamed(visited.record.snapshot.value as unknown, actor);
    for (const refused of visited.refusals) {
      const problem = await this.#refuse(actor, visited, refused);
      if (problem !== undefined) return `${refused.happening.name}: ${problem}`;
      this.#refusals += 1;
    }
    await this.#barrier(actor, state);
    return before === (await this.#record(actor)) ? undefined : 'a refusal has changed the record';
  }

  async #refuse(actor: Actor, { record }: Visited, { happening }: Refused): Promise<string | undefined> {
    const { create, machine } = this.#definition;
    const message = renamed(happening.message, actor);
    const snapshot = plainSnapshot(record.snapshot);
    const type = happening.name;
    const expected = expectedRefusal(machine, snapshot, type);
    const entry = { event: eventOf(type, message), outcome: 'refused', to: snapshot.value };
    if (message.from !== 'outside') {
      const outside = message.from === 'actor' ? await this.#refuseOutside(actor, message) : undefined;
      actor.journal.push({ ...entry, reason: expected.reason });
      await this.#send(actor, message);
      return outside;
    }
    const creates = type === create.event && !(type in this.#definition.commands);
    actor.journal.push({ ...entry, reason: creates ? 'exists' : expected.reason });
    if (creates)
      return compareProblem(await this.#create(actor, message), 409, { type: '/problems/already-exists' });
    const { reason, guards } = expected;
    const name = reason === 'guard' ? '/problems/guard-refused' : '/problems/illegal-transition';
    const fields = {
      type: name,
      event: type,
      state: snapshot.value,
      ...(reason === 'guard' ? { guard: guards } : {}),
    };
    return compareProblem(await this.#command(actor, message), 409, fields);
  }

  /** What is no command does not exist outside. */
  async #refuseOutside(
    actor: Actor,
    { event: { type, ...body } }: ActorMessage,
  ): Promise<string | undefined> {
    if (this.#kind.commands.has(commandOf(type))) return undefined;
    const path = `${actor.path}/${commandOf(type)}`;
    const answer = await this.#stage.request(this.#principal, path, body);
    return compareProblem(answer, 404, { type: '/problems/not-found' });
  }

  async #checkJournal(actor: Actor): Promise<string | undefined> {
    const expected = actor.journal.map((entry) => JSON.stringify(renamed(entry, actor)));
    let items: Answer['body'][] = [];
    await until(
      async () => {
        items = await this.#history(actor);
        return items.length >= expected.length;
      },
      { what: () => `${expected.length} entries in the journal of ${actor.key}, which has ${items.length}` },
    );
    const stored = items.map(({ event, outcome, reason, to }) =>
      JSON.stringify({ event, outcome, reason, to }),
    );
    return compareLists('entry of the journal', stored, expected);
  }

  async #history({ path }: Actor): Promise<Answer['body'][]> {
    const all: Answer['body'][] = [];
    for (let cursor = ''; ;) {
      const { body } = await this.#stage.request(this.#principal, `${path}/history?limit=200${cursor}`);
      all.push(...(body['items'] as Answer['body'][]));
      if (typeof body['next'] !== 'string') return all;
      cursor = `&cursor=${encodeURIComponent(body['next'])}`;
    }
  }

  /** Every message once, in the order sent, and no other. */
  async checkPartners(): Promise<void> {
    const told = new Map<string, Actor[]>();
    for (const actor of this.#actors) {
      for (const key of actor.told.keys()) {
        if (this.#partners.has(key)) told.set(key, [...(told.get(key) ?? []), actor]);
      }
    }
    for (const [key, actors] of told) {
      const expected = actors.reduce((sum, actor) => sum + (actor.told.get(key)?.length ?? 0), 0);
      const bySender = await this.#heard(key, expected);
      for (const actor of actors) {
        const heard = (bySender.get(actor.key) ?? []).map((event) => JSON.stringify(event));
        const said = (actor.told.get(key) ?? []).map((event) => JSON.stringify(event));
        const problem = compareLists(`message to ${key}`, heard, said);
        if (problem !== undefined) this.differences.push(`${actor.key}: ${problem}`);
      }
    }
  }

  async #heard(key: string, expected: number): Promise<Map<string, unknown[]>> {
    const bySender = new Map<string, unknown[]>();
    let after = 0;
    let count = 0;
    await until(
      async () => {
        for (const { sequence, body } of await this.#stage.backend.journal.read(addressOf(key), after, 500)) {
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

/** What a way was walked with is made this actor's own. */
function renamed<Value>(value: Value, actor: Actor): Value {
  const isRecord = isObject(value) && 'snapshot' in value;
  const plain = isRecord ? { ...value, snapshot: plainSnapshot(value['snapshot']), menu: undefined } : value;
  return JSON.parse(rename(JSON.stringify(plain), actor)) as Value;
}

function plainSnapshot(snapshot: unknown): Pick<ChartSnapshot, 'value' | 'status' | 'context'> {
  const { value, status, context } = snapshot as ChartSnapshot;
  return { value, status, context };
}

function rename(text: string, { key }: Actor): string {
  return text.replaceAll(walkedId, addressOf(key).id);
}

function eventOf(name: string, message: Message): string {
  if (message.from !== 'activity') return name;
  return `xstate.${'error' in message.result ? 'error' : 'done'}.actor.${message.activity}`;
}
