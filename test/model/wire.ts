/**
 * How a play reaches its actors. What comes from outside goes over HTTP, all else into the mailbox, as the
 * runtime itself puts it there. What has become of an actor is read through HTTP and from the store.
 */
import { addressOf, keyOf, partitionOf } from '../../runtime/address.ts';
import { arisesWith, commandOf, type ChartSnapshot } from '../../runtime/definition.ts';
import type { ActorMessage, Event, Message, Principal, TimerMessage } from '../../runtime/message.ts';
import type { Stored } from '../../runtime/ports.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import type { Kind } from '../../runtime/core/registry.ts';
import { until } from '../support/until.ts';
import { eventFor, mayEverything } from './events.ts';
import type { PlayedActor } from './played-actor.ts';
import type { Answer, Stage } from './stage.ts';

const nobody: Principal = { subject: 'nobody', roles: [], warehouses: [] };

export class Wire {
  /** Of the actors that play. */
  readonly kind: Kind;
  /** Events that were sent as commands, which they are not. */
  readonly unknown = new Set<string>();
  readonly #stage: Stage;
  readonly #principal: Principal;

  constructor(kind: Kind, stage: Stage) {
    this.kind = kind;
    this.#stage = stage;
    this.#principal = mayEverything(kind.definition);
  }

  /** By the event that creates, or by a first command. */
  create(actor: PlayedActor, event: Event): Promise<Answer> {
    if (arisesWith(this.kind.definition, event.type)) return this.command(actor, event);
    const { type: _type, ...body } = event;
    const { id } = addressOf(actor.key);
    return this.#stage.request(this.#principal, `/${this.kind.definition.plural}`, { id, ...body });
  }

  command({ path }: PlayedActor, { type, ...body }: Event): Promise<Answer> {
    return this.#stage.request(this.#principal, `${path}/${commandOf(type)}`, body);
  }

  /** Into the mailbox of whom it is for. */
  send(actor: PlayedActor, message: Message): Promise<void> {
    const { to } = message;
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

  /** Its deadline is the real one; the walk had a time of its own. */
  async letFire(actor: PlayedActor, { timer, token }: TimerMessage): Promise<void> {
    const record = JSON.parse((await this.record(actor)) ?? '{}') as Partial<Pick<ActorRecord, 'timers'>>;
    this.#stage.fires(token, record.timers?.[timer]?.at ?? 0);
  }

  /**
   * When it resolves, all that was sent to the actor before has been handled: a command that is forbidden
   * whatever the state is answered after it. `snapshot` is the one that the actor has then.
   */
  async barrier(actor: PlayedActor, snapshot: Pick<ChartSnapshot, 'value' | 'context'>): Promise<void> {
    const { definition } = this.kind;
    const types = Object.keys(definition.commands);
    const type = types[actor.barriers++ % types.length];
    if (type === undefined) {
      const entries = actor.journal.length;
      await until(async () => (await this.history(actor)).length >= entries);
      return;
    }
    const { type: _type, ...body } = eventFor(definition, type, snapshot.context);
    const answer = await this.#stage.request(nobody, `${actor.path}/${commandOf(type)}`, body);
    if (answer.status !== 403) throw new Error(`${type} of nobody was answered ${answer.status}, not 403`);
    actor.forbidden += 1;
    actor.journal.push({ event: type, outcome: 'refused', reason: 'forbidden', to: snapshot.value });
  }

  view({ path }: PlayedActor): Promise<Answer> {
    return this.#stage.request(this.#principal, path);
  }

  /** JSON, as stored; undefined: there is none. */
  record({ key }: Pick<PlayedActor, 'key'>): Promise<string | undefined> {
    return this.#stage.backend.store.record(partitionOf(key, this.#stage.partitions), key);
  }

  /** All entries, oldest first; none before its first message has been handled. */
  async history({ path }: PlayedActor): Promise<Answer['body'][]> {
    const all: Answer['body'][] = [];
    for (let cursor = ''; ;) {
      const at = `${path}/history?limit=200${cursor}`;
      const { status, body } = await this.#stage.request(this.#principal, at);
      if (status === 404) return all;
      if (status !== 200) throw new Error(`GET ${at} was answered ${status}: ${JSON.stringify(body)}`);
      all.push(...(body['items'] as Answer['body'][]));
      if (typeof body['next'] !== 'string') return all;
      cursor = `&cursor=${encodeURIComponent(body['next'])}`;
    }
  }

  /** Entries of anybody's journal, as stored, after a sequence: some of them, oldest first. */
  journal(key: string, after: number): Promise<Omit<Stored, 'id'>[]> {
    return this.#stage.backend.journal.read(addressOf(key), after, 500);
  }
}
