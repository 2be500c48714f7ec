/** Replies as core NATS messages, `<number> <body>`, to one subject per node. */
import type { Replies } from '../../runtime/ports.ts';
import type { Link } from './link.ts';

export function createReplies(link: Link, options: { namespace: string; address: string }): Replies {
  const { namespace, address } = options;
  let listener: (number: number, body: string) => void = () => undefined;

  link.connection.subscribe(`${namespace}.reply.${address}`, {
    callback: (error, message) => {
      if (error !== null) return;
      const text = message.string();
      const space = text.indexOf(' ');
      const number = Number(text.slice(0, space));
      // An exception thrown into the client's parser would end its reading without a word.
      queueMicrotask(() => listener(number, text.slice(space + 1)));
    },
  });

  return {
    address,
    send(to, number, body) {
      if (to === address) listener(number, body);
      else if (link.isUp()) link.connection.publish(`${namespace}.reply.${to}`, `${number} ${body}`);
    },
    listen: (next) => void (listener = next),
  };
}
