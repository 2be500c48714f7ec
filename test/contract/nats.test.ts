/** The contracts of mailbox, logs and replies against a real nats-server. */
import { afterAll, beforeAll } from 'vitest';
import { connectNats, type Nats } from '../../persistence/nats/connect.ts';
import { silent } from '../support/loggers.ts';
import { type Server, startNats } from '../support/servers.ts';
import { logContract } from './log.ts';
import { mailboxContract } from './mailbox.ts';
import { repliesContract } from './replies.ts';

let server: Server;

beforeAll(async () => {
  server = await startNats();
});

afterAll(async () => {
  await server.stop();
});

let namespaces = 0;

function connectTo(namespace: string, address = 'node-1'): Promise<Nats> {
  return connectNats({ url: server.url, namespace, address, logger: silent });
}

async function open(): Promise<Nats> {
  return connectTo(`contract-${++namespaces}`);
}

mailboxContract('NATS JetStream', async () => {
  const nats = await open();
  return { mailbox: nats.mailbox, close: () => nats.close() };
});

logContract('NATS JetStream, journal', async () => {
  const nats = await open();
  return { log: nats.journal, close: () => nats.close() };
});

logContract('NATS JetStream, dead letters', async () => {
  const nats = await open();
  return { log: nats.deadLetters, close: () => nats.close() };
});

repliesContract('NATS', async () => {
  const namespace = `contract-${++namespaces}`;
  const [one, other] = await Promise.all([connectTo(namespace, 'one'), connectTo(namespace, 'other')]);
  return {
    one: one.replies,
    other: other.replies,
    close: async () => {
      await Promise.all([one.close(), other.close()]);
    },
  };
});
