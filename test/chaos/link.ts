/** A TCP proxy that is one cable: it can be cut, go silent in one or both directions, or be slow. Loopback only. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type Condition =
  | { readonly cable: 'open' }
  /** Connections break, and new ones do too. */
  | { readonly cable: 'refused' }
  /** Nothing passes; what was sent arrives when it is open again, as TCP has it. */
  | { readonly cable: 'silent' }
  /** What is asked arrives; what is answered does not. */
  | { readonly cable: 'mute' }
  | { readonly cable: 'slow'; readonly delayMs: number };

export interface Link {
  readonly url: string;
  set(condition: Condition): void;
  /** Breaks all connections; new ones go through. */
  cut(): void;
  close(): Promise<void>;
}

export async function openLink(target: string): Promise<Link> {
  const { protocol, hostname, port } = new URL(target);
  const pairs = new Set<Pair>();
  let condition: Condition = { cable: 'open' };

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const pair = [flow(client, upstream), flow(upstream, client)] as const;
    pairs.add(pair);
    for (const { from } of pair) {
      from.on('error', () => undefined);
      from.on('close', () => hangUp(pair));
    }
    apply(pair);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port');

  /** While nothing passes, one end does not hear that the other has gone. */
  function hangUp(pair: Pair): void {
    if (condition.cable === 'silent' || condition.cable === 'mute') return;
    for (const { from } of pair) from.destroy();
    pairs.delete(pair);
  }

  function apply(pair: Pair): void {
    const [asked, answered] = pair;
    asked.block(condition.cable === 'silent');
    answered.block(condition.cable === 'silent' || condition.cable === 'mute');
    const isDead = condition.cable === 'refused' || pair.some(({ from }) => from.destroyed);
    if (isDead) hangUp(pair);
  }

  function delayMs(): number {
    return condition.cable === 'slow' ? condition.delayMs : 0;
  }

  function flow(from: Socket, to: Socket): Flow {
    const late: { chunk: Buffer; dueAt: number }[] = [];

    /** One timer at a time: several would not keep the order. */
    function pump(): void {
      const first = late[0];
      if (first === undefined) return;
      const waitMs = first.dueAt - performance.now();
      if (waitMs > 0) {
        setTimeout(pump, waitMs);
        return;
      }
      late.shift();
      to.write(first.chunk);
      pump();
    }

    from.on('data', (chunk: Buffer) => {
      const isFirst = late.length === 0;
      late.push({ chunk, dueAt: performance.now() + delayMs() });
      if (isFirst) pump();
    });
    return {
      from,
      block(on) {
        if (on) from.pause();
        else from.resume();
      },
    };
  }

  function cut(): void {
    for (const pair of pairs) for (const { from } of pair) from.destroy();
  }

  return {
    url: `${protocol}//127.0.0.1:${address.port}`,
    cut,
    set(next) {
      condition = next;
      for (const pair of [...pairs]) apply(pair);
    },
    async close() {
      condition = { cable: 'open' };
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One direction of a connection. */
interface Flow {
  readonly from: Socket;
  block(on: boolean): void;
}
type Pair = readonly [Flow, Flow];
