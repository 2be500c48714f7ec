/**
 * Where ways are played: a node over a real backend, behind a real socket. The actor that plays is the real
 * one. All that would act by itself is still: partners take messages and answer nothing, activities never
 * end, timers do not fire; a way says when each of these happens.
 */
import { createMachine, enqueueActions, type AnyStateMachine } from 'xstate';
import { createApp } from '../../http/app.ts';
import type { Authenticator } from '../../http/auth.ts';
import { serve } from '../../http/server.ts';
import { systemClock as clock, systemRandom as random } from '../../persistence/system.ts';
import type { Activity, ActorDefinition } from '../../runtime/definition.ts';
import type { Principal } from '../../runtime/message.ts';
import { createNode } from '../../runtime/node.ts';
import { defaultOptions } from '../../runtime/options.ts';
import type { Backend, Mailbox, Stored } from '../../runtime/ports.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { silent } from '../support/loggers.ts';
import { until } from '../support/until.ts';

export interface Stage {
  readonly backend: Backend;
  readonly partitions: number;
  /** A timer's message with this token will be read at its deadline, ms. */
  fires(token: string, at: number): void;
  /** With a body it is a POST. */
  request(principal: Principal, path: string, body?: object): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Whoever plays is who they say: commands of the server itself are played too, and no token may say those. */
const trusting: Authenticator = {
  authenticate: (name = '') => ({
    principal: JSON.parse(decodeURIComponent(name)) as Principal,
    expiresAt: Infinity,
  }),
};

function nameOf(principal: Principal): string {
  return encodeURIComponent(JSON.stringify(principal));
}

/** Takes the backend over, and closes it. */
export async function openStage(
  played: ActorDefinition,
  others: readonly ActorDefinition[],
  backend: Backend,
): Promise<Stage> {
  const deadlines = new Map<string, number>();
  const still: Backend = { ...backend, mailbox: withoutTime(backend.mailbox, deadlines) };
  const partners = others.filter(({ kind }) => kind !== played.kind).map(partnerOf);
  const registry = createRegistry([withoutEnd(played), ...partners]);
  const options = { ...defaultOptions, partitions: 8, madeKeepMs: 86_400_000 };
  const node = createNode({ registry, backend: still, clock, random, logger: silent, options });
  await node.start();
  const app = createApp({ node, authenticator: trusting, clock, random, logger: silent });
  const server = await serve(app, { host: '127.0.0.1', port: 0 });
  await until(() => {
    const { partitions } = node.status.getSnapshot().context;
    return Object.values(partitions).filter(({ owned }) => owned).length === options.partitions;
  });
  return {
    backend,
    partitions: options.partitions,
    fires: (token, at) => void deadlines.set(token, at),
    async request(principal, path, body) {
      const response = await fetch(`${server.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: nameOf(principal), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = (await response.json()) as Answer['body'];
      return { status: response.status, etag: response.headers.get('etag'), body: answer };
    },
    async close() {
      await server.close();
      await node.drain();
      await backend.close();
    },
  };
}

/** Takes every message that its kind understands, and nothing comes of it but that it is there. */
function partnerOf({
  board: _,
  conditions: __,
  context: ___,
  ...definition
}: ActorDefinition): ActorDefinition {
  const changeNothing = enqueueActions(() => undefined);
  const machine = createMachine({
    initial: 'made',
    states: {
      made: { description: 'Nobody has told it anything', on: { '*': { target: 'listening' } } },
      listening: { description: 'It takes everything', on: { '*': { actions: changeNothing } } },
    },
  }) as unknown as AnyStateMachine;
  const rest = { activities: {}, migrations: {}, targets: {}, indexed: {} };
  return { ...definition, ...rest, version: 1, machine, view: () => ({}) };
}

function withoutEnd(definition: ActorDefinition): ActorDefinition {
  const endless: Activity['run'] = (_input, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('the chart has left it')));
    });
  const activities = Object.entries(definition.activities).map(([source, activity]) => [
    source,
    { ...activity, timeoutMs: 86_400_000, run: endless },
  ]);
  return { ...definition, activities: Object.fromEntries(activities) as ActorDefinition['activities'] };
}

/** Only timers that a way lets fire come through, and these at their deadlines. */
function withoutTime(mailbox: Mailbox, deadlines: ReadonlyMap<string, number>): Mailbox {
  const atDeadline = <Entry extends { readonly id: string; readonly time: number }>(entry: Entry): Entry => ({
    ...entry,
    time: Math.max(entry.time, deadlines.get(entry.id) ?? 0),
  });
  return {
    append: (entry) => (isTimer(entry.body) ? Promise.resolve() : mailbox.append(entry)),
    bounds: () => mailbox.bounds(),
    last: (partition) => mailbox.last(partition),
    async at(partition, sequence) {
      const position = await mailbox.at(partition, sequence);
      return position && atDeadline(position);
    },
    read: (partition, from, inbox) =>
      mailbox.read(partition, from, {
        take: (messages: readonly Stored[]) => inbox.take(messages.map(atDeadline)),
        lost: (cause) => inbox.lost(cause),
        backlog: () => inbox.backlog(),
      }),
  };
}

function isTimer(body: string): boolean {
  return body.startsWith('{"from":"timer"');
}
