/** Waybill in this process: everything in memory, the sandbox outside, a clock that is moved by hand. */
import { createSandbox } from '../../actors/sandbox.ts';
import { definitionsWith } from '../../actors/registry.ts';
import { createApp } from '../../http/app.ts';
import { createAuthenticator, mintToken } from '../../http/auth.ts';
import { createMemoryServer } from '../../persistence/memory/server.ts';
import { createNode } from '../../runtime/node.ts';
import { defaultOptions } from '../../runtime/options.ts';
import type { Backend } from '../../runtime/ports.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { admin } from '../support/app.ts';
import { createManualClock, type ManualClock } from '../support/clock.ts';
import { recordingLogger, type LogLine } from '../support/loggers.ts';
import { seededRandom } from '../support/random.ts';
import type { World } from './world.ts';

export interface Process extends World {
  readonly clock: ManualClock;
  /** What was logged as an error. */
  readonly errors: LogLine[];
  stop(): void;
}

export interface ProcessGiven {
  readonly seed?: number;
  /** Puts something between the node and its backend. */
  readonly wrap?: (backend: Backend, clock: ManualClock) => Backend;
}

const secret = 'a-secret-for-tests-of-more-than-32-bytes';
const hour = 3_600_000;
/** Looking costs more than a step of the clock. */
const lookMs = 20;
/** Nobody else wants a partition, so leases and health are not worth a step of the clock. */
const options = { ...defaultOptions, partitions: 4, leaseMs: hour, healthMs: hour, passivateMs: hour };

export async function startProcess({
  seed = 1,
  wrap = (backend) => backend,
}: ProcessGiven = {}): Promise<Process> {
  const clock = createManualClock();
  const random = seededRandom(seed);
  const { logger, lines } = recordingLogger();
  // Nothing is taken for a duplicate but by Waybill itself.
  const backend = wrap(createMemoryServer({ clock, windowMs: -1 }).connect('node1'), clock);
  const sandbox = createSandbox({
    clock,
    post: async (path, body, headers) => (await app.request(path, { method: 'POST', headers, body })).status,
  });
  const { gateway, carrier } = sandbox;
  const registry = createRegistry(definitionsWith({ gateways: [gateway], carrier }));
  const node = createNode({ registry, backend, clock, random, logger, options });
  const authenticator = createAuthenticator({ secret }, clock);
  const webhooks = {
    payments: new Map([[gateway.name, gateway.webhook]]),
    carriers: new Map([[carrier.name, carrier.webhook]]),
  };
  const app = createApp({ node, authenticator, clock, random, logger, webhooks, sandbox: sandbox.pages });
  const token = await mintToken(secret, admin, { now: clock.now(), lifetimeS: 30 * 24 * 3_600 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  // Verified once, so that a request takes no step that waits for a thread.
  await authenticator.authenticate(headers.authorization);
  await node.start();
  sandbox.start();
  const owned = (): number =>
    Object.values(node.status.getSnapshot().context.partitions).filter((each) => each.owned).length;
  await clock.until(() => owned() === options.partitions);

  return {
    clock,
    isKilled: false,
    get errors() {
      return lines.filter(({ level }) => level === 'error');
    },
    async send(method, path, body) {
      const given = body === undefined ? {} : { body: JSON.stringify(body) };
      // The clock moves while it is waited for: whatever the answer needs falls due.
      let answer: Response | undefined;
      void Promise.resolve(app.request(path, { method, headers, ...given })).then((got) => (answer = got));
      await clock.until(() => answer !== undefined);
      const { status } = answer as unknown as Response;
      return { status, body: await (answer as unknown as Response).json() };
    },
    async until(look, what) {
      let found = await look();
      let lookedAt = clock.now();
      const isFound = async (): Promise<boolean> => {
        if (found === undefined && clock.now() - lookedAt >= lookMs) {
          lookedAt = clock.now();
          found = await look();
        }
        return found !== undefined;
      };
      await clock.until(isFound, hour).catch(() => undefined);
      found ??= await look();
      if (found === undefined) throw new Error(`not so within an hour: ${what()}`);
      return found;
    },
    pass: (ms) => clock.advance(ms),
    stop: () => sandbox.stop(),
  };
}
