/**
 * A shop is opened; then clients take orders from creation to delivery over HTTP, at the same time, and write
 * down every answer. Some hold, cancel and try what is not allowed; some give an Idempotency-Key and ask again
 * under it after a lost answer. Each command is sent by a subject of its own: so the history tells exactly what became of it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { bearer } from './app.ts';
import { drive } from './client.ts';
import { isPatient, seededRandom, type SeededRandom } from './random.ts';
import { openShop } from './shop.ts';
import { until } from './until.ts';

/** One thing that a client wanted done, however often it asked. */
export interface Command {
  readonly subject: string;
  /** `orders/o1` */
  readonly actor: string;
  /** As in the URL; `create` for what makes the actor. */
  readonly name: string;
  /** The client's own key, or the id that an answer told it to ask again with. */
  key: string | undefined;
  readonly ownKey: boolean;
  readonly attempts: Attempt[];
}

export type Attempt =
  /** No answer. `sent`: it may have arrived. */
  | { readonly lost: string; readonly sent: boolean }
  | {
      readonly status: number;
      readonly version?: number;
      readonly replayed: boolean;
      /** The last part of the problem's type. */
      readonly problem?: string;
      readonly detail?: string;
      readonly retryAfter: boolean;
    };

export interface ActorView {
  readonly id: string;
  readonly version: number;
  readonly status: string;
  readonly tags: readonly string[];
  readonly states: readonly string[];
  readonly state: unknown;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface Final {
  /** `doubt`: nobody knows, and there is no key to ask again with. */
  readonly outcome: 'applied' | 'refused' | 'doubt';
  readonly view?: ActorView;
}

/** Answers by what they mean; `lost`: none came, `unreached`: nobody was there; orders at their end; looks without an answer. */
const zero = {
  applied: 0,
  refused: 0,
  unavailable: 0,
  later: 0,
  lost: 0,
  unreached: 0,
  replayed: 0,
  delivered: 0,
  unseen: 0,
};

export interface Traffic {
  readonly commands: readonly Command[];
  readonly orders: readonly string[];
  readonly counts: Readonly<Record<keyof typeof zero, number>>;
  /** Requests whose answer has not come yet. Throws when a client has given up. */
  readonly inFlight: () => number;
  /** Lets every client end the order it is at, and resolves when all have. Rejects if one got stuck. */
  finish(): Promise<void>;
  /** For a test that has failed: the clients end after their present requests. */
  readonly abandon: () => Promise<void>;
}

export interface TrafficOptions {
  /** Where the next request goes. */
  readonly url: () => string;
  readonly seed: number;
  readonly clients?: number;
  /** A client that makes no headway for so long is stuck. */
  readonly patienceMs?: number;
  /** What each client does again and again; takes one order to its end if left out. */
  readonly work?: (client: Client) => Promise<void>;
  /** Sends all requests; may write them down. */
  readonly fetch?: typeof globalThis.fetch;
}

/** What a client does its work with. */
export interface Client {
  readonly random: SeededRandom;
  newOrder(): string;
  /** Asks until it is answered, unless it cannot be asked again safely. */
  send(to: { actor: string; name: string; body?: unknown }, options?: { keyed?: boolean }): Promise<Final>;
  /** Undefined: there is no such actor. */
  look(actor: string): Promise<ActorView | undefined>;
  /** Lets something happen outside of Waybill; false: perhaps it has not. It stands in no history. */
  outside(path: string, body: unknown): Promise<boolean>;
  /** Between two looks. Throws when the client is stuck. */
  pause(): Promise<void>;
  delivered(): void;
}

const pauseMs = 25;
const requestTimeoutMs = 20_000;

export function startTraffic(options: TrafficOptions): Traffic {
  const { url, seed, clients = 8, patienceMs = 45_000, work: once = drive } = options;
  const { fetch = globalThis.fetch } = options;
  const commands: Command[] = [];
  const orders: string[] = [];
  const counts = { ...zero };
  let inFlight = 0;
  let ending = false;
  let abandoned = false;

  async function post(path: string, body: unknown): Promise<Response> {
    const headers = { ...(await bearer(everybody)), 'content-type': 'application/json' };
    return fetch(`${url()}${path}`, {
      ...{ method: 'POST', headers, body: JSON.stringify(body) },
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
  }

  /** Whatever happens to the program meanwhile: all of it may be asked again. */
  async function openForTrade(): Promise<void> {
    const giveUpAt = performance.now() + patienceMs;
    while (!abandoned) {
      const failure = await openShop(post).then(() => undefined, String);
      if (failure === undefined) return;
      if (performance.now() > giveUpAt) throw new Error(`the shop does not open: ${failure}`);
      await delay(pauseMs);
    }
  }

  async function attempt(command: Command, body: unknown): Promise<{ attempt: Attempt; text: string }> {
    const [kind, id] = command.actor.split('/');
    const path = command.name === 'create' ? `/${kind}` : `/${kind}/${id}/${command.name}`;
    const principal = { subject: command.subject, roles: ['cs', 'admin'], warehouses: ['*'] };
    const headers = {
      ...(await bearer(principal)),
      'content-type': 'application/json',
      prefer: 'wait=2',
      ...(command.key === undefined ? {} : { 'idempotency-key': command.key }),
    };
    inFlight += 1;
    try {
      const response = await fetch(`${url()}${path}`, {
        ...{ method: 'POST', headers, body: JSON.stringify(body) },
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      const text = await response.text();
      return { attempt: attemptOf(response, text), text };
    } catch (error) {
      const code = codeOf(error);
      return { attempt: { lost: code, sent: code !== 'ECONNREFUSED' }, text: '' };
    } finally {
      inFlight -= 1;
    }
  }

  async function ask(command: Command, body: unknown, pause: () => Promise<void>): Promise<Final> {
    for (;;) {
      const { attempt: made, text } = await attempt(command, body);
      command.attempts.push(made);
      const meaning = meaningOf(made);
      counts[meaning] += 1;
      if ('status' in made && made.replayed) counts.replayed += 1;
      if (meaning === 'applied') return { outcome: 'applied', view: JSON.parse(text) as ActorView };
      if (meaning === 'refused') return { outcome: 'refused' };
      if (meaning === 'later') command.key ??= (JSON.parse(text) as { id?: string }).id;
      if (command.key === undefined && !untouched.has(meaning)) return { outcome: 'doubt' };
      await pause();
    }
  }

  function clientOf(number: number): Client {
    const random = seededRandom(seed * 1_000 + number);
    let progressAt = performance.now();
    let seen = 'nothing';
    async function pause(): Promise<void> {
      if (abandoned) throw new Abandoned();
      if (performance.now() - progressAt > patienceMs) {
        throw new Error(`client ${number} is stuck, it has last seen ${seen}`);
      }
      await delay(pauseMs);
    }
    return {
      random,
      pause,
      newOrder() {
        const id = `o${seed}-${number}-${orders.length}`;
        orders.push(id);
        return id;
      },
      async send({ actor, name, body = {} }, { keyed = false } = {}) {
        if (abandoned) throw new Abandoned();
        const subject = `t${seed}-${commands.length}`;
        const command: Command = {
          ...{ subject, actor, name, ownKey: keyed, attempts: [] },
          key: keyed ? `key-${subject}` : undefined,
        };
        commands.push(command);
        const final = await ask(command, body, pause);
        if (final.outcome !== 'doubt') progressAt = performance.now();
        // The same key again: the same answer.
        if (keyed && random.chance(0.1)) await ask(command, body, pause);
        return final;
      },
      async look(actor) {
        for (;;) {
          const view = await lookOnce(fetch, `${url()}/${actor}`);
          if (view !== 'again') {
            seen = `${actor} in ${view?.states.join() ?? 'nowhere'}`;
            return view;
          }
          counts.unseen += 1;
          await pause();
        }
      },
      outside: (path, body) =>
        post(path, body).then(
          async (response) => (await response.arrayBuffer(), response.ok),
          () => false,
        ),
      delivered: () => void (counts.delivered += 1),
    };
  }

  async function work(number: number): Promise<void> {
    const client = clientOf(number);
    try {
      while (!ending) await once(client);
    } catch (error) {
      if (!(error instanceof Abandoned)) throw error;
    }
  }

  const running = openForTrade().then(() =>
    Promise.all(Array.from({ length: clients }, (_, number) => work(number))),
  );
  let failure: unknown;
  running.catch((error: unknown) => (failure = error));
  return {
    ...{ commands, orders, counts },
    inFlight() {
      if (failure !== undefined) throw failure as Error;
      return inFlight;
    },
    async finish() {
      ending = true;
      await running;
    },
    abandon() {
      ending = true;
      abandoned = true;
      return Promise.resolve();
    },
  };
}

class Abandoned extends Error {}

type Meaning = Exclude<keyof Traffic['counts'], 'replayed' | 'delivered' | 'unseen'>;

/** Nothing was done: the same may be asked again without a key. */
const untouched = new Set<Meaning>(['unavailable', 'unreached']);

/** What the answer means for the one who asked. */
function meaningOf(made: Attempt): Meaning {
  if ('lost' in made) return made.sent ? 'lost' : 'unreached';
  const { status, problem } = made;
  if (status === 200 || status === 201) return 'applied';
  if (status === 503) return 'unavailable';
  if (status === 202 || problem === 'unknown-outcome' || problem === 'in-progress') return 'later';
  return 'refused';
}

function attemptOf(response: Response, text: string): Attempt {
  const version = /^"(\d+)"$/.exec(response.headers.get('etag') ?? '')?.[1];
  const isProblem = response.headers.get('content-type') === 'application/problem+json';
  const { type, detail } = (isProblem ? JSON.parse(text) : {}) as { type?: string; detail?: string };
  return {
    status: response.status,
    ...(version === undefined ? {} : { version: Number(version) }),
    replayed: response.headers.get('idempotency-replayed') === 'true',
    ...(type === undefined ? {} : { problem: type.replace('/problems/', '') }),
    ...(detail === undefined ? {} : { detail }),
    retryAfter: response.headers.has('retry-after'),
  };
}

/** Reads, opens the shop, and plays the world outside. */
const everybody = { subject: 'everybody', roles: ['cs', 'admin'], warehouses: ['*'] };

async function lookOnce(
  fetch: typeof globalThis.fetch,
  url: string,
): Promise<ActorView | undefined | 'again'> {
  try {
    const headers = await bearer(everybody);
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(requestTimeoutMs) });
    const text = await response.text();
    if (response.status === 200) return JSON.parse(text) as ActorView;
    if (response.status === 404) return undefined;
    if (response.status !== 503) throw new Unexpected(`GET ${url}: ${response.status} ${text}`);
  } catch (error) {
    if (error instanceof Unexpected) throw error;
  }
  return 'again';
}

class Unexpected extends Error {}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : `${error.name}: ${error.message}`;
}

/** All that was done in one shop, by whichever clients. */
export function together(traffics: readonly Traffic[]): Pick<Traffic, 'commands' | 'orders'> {
  return {
    commands: traffics.flatMap(({ commands }) => commands),
    orders: traffics.flatMap(({ orders }) => orders),
  };
}

/** Resolves when so many more commands have been applied; a third of them unless there is time. */
export async function moreApplied({ counts, inFlight }: Traffic, more: number): Promise<void> {
  const goal = counts.applied + (isPatient ? more : Math.ceil(more / 3));
  await until(() => inFlight() >= 0 && counts.applied >= goal, {
    what: () => `${goal} applied: ${JSON.stringify(counts)}`,
  });
}
