/** What can go wrong, a kind each: how it begins, and how it ends. */
import type { SeededRandom } from '../support/random.ts';
import { fillDisk, freeDisk } from './disk.ts';
import type { Condition, Link } from './link.ts';
import type { Node, System } from './system.ts';

export const faultKinds = [
  ...(['kill-node', 'kill-nats', 'kill-redis', 'stop-node', 'stop-nats', 'stop-redis'] as const),
  ...(['cut-nats', 'cut-redis', 'isolate', 'slow', 'disk'] as const),
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** What it happens to; no two faults happen to the same thing at once. */
  readonly target: string;
  /** In words, for the schedule. */
  readonly how: string;
  readonly holdMs: number;
  /** The store may come back older than it was. */
  readonly forgets?: boolean;
  begin(): Promise<void>;
  end(): Promise<void>;
}

type Bare = Omit<Fault, 'kind'>;
type Make = (system: System, random: SeededRandom) => Bare;

export function makeFault(kind: FaultKind, system: System, random: SeededRandom): Fault {
  return { kind, ...makers[kind](system, random) };
}

const makers: Readonly<Record<FaultKind, Make>> = {
  'kill-node': ({ nodes }, random) => {
    const { name, app } = random.pick(nodes);
    return {
      ...during(random, 100, 2_500),
      ...{ target: name, how: 'SIGKILL' },
      begin: () => app.kill9(),
      end: () => app.restart(),
    };
  },
  'kill-nats': ({ nats }, random) => killServer('nats', nats, random),
  'kill-redis': ({ redis }, random) => ({ ...killServer('redis', redis, random), forgets: true }),
  'stop-node': ({ nodes }, random) => {
    const node = random.pick(nodes);
    // Past the lease, most times: another one takes over.
    return {
      ...during(random, 500, 4_000),
      ...{ target: node.name, how: 'SIGSTOP' },
      begin() {
        node.isStopped = true;
        return signal(node.app.pid, 'SIGSTOP');
      },
      async end() {
        await signal(node.app.pid, 'SIGCONT');
        node.isStopped = false;
      },
    };
  },
  'stop-nats': ({ nats }, random) => stopServer('nats', nats, random),
  'stop-redis': ({ redis }, random) => stopServer('redis', redis, random),
  'cut-nats': ({ nodes }, random) => cutOff(random.pick(nodes), ['toNats'], random),
  'cut-redis': ({ nodes }, random) => cutOff(random.pick(nodes), ['toRedis'], random),
  isolate: ({ nodes }, random) => cutOff(random.pick(nodes), ['toNats', 'toRedis'], random),
  slow: ({ nodes }, random) => {
    const { name, toNats, toRedis } = random.pick(nodes);
    const delayMs = 10 + random.below(150);
    return {
      ...during(random, 1_000, 3_000),
      ...{ target: name, how: `${delayMs} ms late in every direction` },
      ...setting([toNats, toRedis], { cable: 'slow', delayMs }),
    };
  },
  disk: ({ redis }, random) => {
    const isKilled = random.chance(0.5);
    return {
      ...during(random, 500, 2_500),
      ...{ target: 'redis', how: isKilled ? 'full, then SIGKILL' : 'full', forgets: isKilled },
      begin: () => fillDisk(redis),
      // What Redis could not write is lost with it: it comes back older than it was.
      end: () => (isKilled ? redis.restart() : freeDisk(redis)),
    };
  },
};

function killServer(target: string, server: System['nats'], random: SeededRandom): Bare {
  return {
    ...during(random, 100, 2_000),
    ...{ target, how: 'SIGKILL' },
    begin: () => server.kill9(),
    end: () => server.restart(),
  };
}

function stopServer(target: string, server: System['nats'], random: SeededRandom): Bare {
  return {
    ...during(random, 500, 3_000),
    ...{ target, how: 'SIGSTOP' },
    begin: () => signal(server.pid, 'SIGSTOP'),
    end: () => signal(server.pid, 'SIGCONT'),
  };
}

const conditions: Readonly<Record<string, Condition>> = {
  'connections refused': { cable: 'refused' },
  'nothing passes': { cable: 'silent' },
  'answers do not pass': { cable: 'mute' },
};

function cutOff(node: Node, which: readonly ('toNats' | 'toRedis')[], random: SeededRandom): Bare {
  const links = which.map((each) => node[each]);
  const how = random.pick(Object.keys(conditions));
  const set = setting(links, conditions[how] ?? { cable: 'refused' });
  // What was under way may arrive late, or never.
  const isBroken = random.chance(0.5);
  return {
    ...during(random, 500, 4_000),
    ...{ target: node.name, how: `${how}${isBroken ? ', then broken' : ''}`, begin: set.begin },
    end() {
      if (isBroken) for (const link of links) link.cut();
      return set.end();
    },
  };
}

function setting(links: readonly Link[], condition: Condition): Pick<Fault, 'begin' | 'end'> {
  const set = (next: Condition) => (): Promise<void> => {
    for (const link of links) link.set(next);
    return Promise.resolve();
  };
  return { begin: set(condition), end: set({ cable: 'open' }) };
}

function during(random: SeededRandom, leastMs: number, mostMs: number): { holdMs: number } {
  return { holdMs: leastMs + random.below(mostMs - leastMs) };
}

function signal(pid: number, name: NodeJS.Signals): Promise<void> {
  process.kill(pid, name);
  return Promise.resolve();
}
