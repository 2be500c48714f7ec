/** A TCP proxy that can swallow what the server answers, and that counts what the client has sent. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Proxy {
  readonly url: string;
  /** From now on the server's answers go nowhere; what the client sends still arrives. */
  swallow(on: boolean): void;
  /** Breaks all connections. */
  cut(): void;
  /** How often the text has come from the client, over all connections. */
  seen(text: string): number;
  close(): Promise<void>;
}

export async function startProxy(target: string): Promise<Proxy> {
  const { protocol, hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const sent: Buffer[] = [];
  let swallowing = false;

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [socket, other] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      sent.push(chunk);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!swallowing) client.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port');

  function cut(): void {
    for (const socket of sockets) socket.destroy();
  }
  return {
    url: `${protocol}//127.0.0.1:${address.port}`,
    swallow(on) {
      swallowing = on;
    },
    cut,
    seen: (text) => Buffer.concat(sent).toString().split(text).length - 1,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
