/** The same traffic as `shop.ts`, handed to the node without HTTP: what the runtime itself can do. */
import type { Address } from '../../runtime/address.ts';
import type { Principal } from '../../runtime/message.ts';
import type { Node } from '../../runtime/node.ts';
import { commands, orderBody } from './shop.ts';

const clerkRights: Principal = {
  subject: 'bench',
  roles: ['cs', 'admin', 'picker', 'packer'],
  warehouses: ['*'],
};

export interface TurnsMeasured {
  readonly commandsPerSecond: number;
  readonly turnsPerSecond: number;
}

/** `callers` at once, `orders` in all; an order is a creation, six commands, and four messages between actors. */
export async function runTurns(
  node: Node,
  given: { callers: number; orders: number; prefix: string; turns: () => number },
): Promise<TurnsMeasured> {
  let next = 0;
  const turnsBefore = given.turns();
  const start = performance.now();
  await Promise.all(
    Array.from({ length: given.callers }, async () => {
      let before: string | undefined;
      for (;;) {
        const number = next++;
        const id = number < given.orders ? `${given.prefix}${number}` : undefined;
        if (id !== undefined)
          await ask(node, { to: { kind: 'order', id }, command: 'create', body: orderBody(id) });
        if (before !== undefined) {
          for (const [command, body] of commands)
            await ask(node, { to: { kind: 'fulfillment', id: `${before}~f1` }, command, body });
        }
        if (id === undefined) return;
        before = id;
      }
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  return {
    commandsPerSecond: (given.orders * (1 + commands.length)) / seconds,
    turnsPerSecond: (given.turns() - turnsBefore) / seconds,
  };
}

async function ask(node: Node, given: { to: Address; command: string; body: string }): Promise<void> {
  const { to, command, body } = given;
  const kind = node.registry.get(to.kind);
  const type = command === 'create' ? kind?.definition.create.event : kind?.commands.get(command);
  if (type === undefined) throw new Error(`no command ${command}`);
  const { id: _id, ...payload } = JSON.parse(body) as Record<string, unknown>;
  for (;;) {
    const reply = await node.caller.ask({
      to,
      event: { ...payload, type },
      principal: clerkRights,
      waitMs: 10_000,
    });
    if (reply.reply !== 'answered') throw new Error(`${command}: ${reply.reply}`);
    const { head } = reply.answer;
    if (head.outcome === 'accepted') return;
    if (head.outcome !== 'refused' || head.reason !== 'not-found')
      throw new Error(`${command}: ${JSON.stringify(head)}`);
  }
}
