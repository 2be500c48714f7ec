/** The composition root: configuration, backend, node, HTTP, signals. The only file that sees every folder. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';
import { definitionsWith } from './actors/registry.ts';
import { defaultPartitions, readConfig, type Config } from './config.ts';
import { createApp } from './http/app.ts';
import { createAuthenticator, mintToken, type AuthOptions } from './http/auth.ts';
import { serve } from './http/server.ts';
import type { SignInOptions } from './http/studio-sign-in.ts';
import { createStreams } from './http/streams.ts';
import type { Durations } from './machines/durations.ts';
import { openOutside } from './outside.ts';
import { openSqlite } from './persistence/sqlite/backend.ts';
import { systemClock as clock, systemRandom as random } from './persistence/system.ts';
import { TerminalError, messageOf } from './runtime/errors.ts';
import { createNode } from './runtime/node.ts';
import { defaultOptions, type RuntimeOptions } from './runtime/options.ts';
import type { Backend } from './runtime/ports.ts';
import { createRegistry } from './runtime/core/registry.ts';

const hourMs = 3_600_000;
/** How long a drain may take before the process ends all the same. */
const drainMs = 20_000;

const config = readConfig(process.env);
if ('problems' in config) {
  process.stderr.write(
    `Waybill cannot start:\n${config.problems.map((problem) => `  ${problem}\n`).join('')}`,
  );
  process.exit(1);
}
// Lines go to stderr: stdout is for what a person is to read.
const logger = pino({ level: config.WAYBILL_LOG_LEVEL }, pino.destination(2));
try {
  await run(config, logger);
} catch (error) {
  if (!(error instanceof TerminalError)) throw error;
  process.stderr.write(`Waybill cannot start: ${error.message}\n`);
  process.exit(1);
}

async function run(config: Config, logger: Logger): Promise<void> {
  const options = optionsOf(config);
  const outside = await openOutside(config, { clock, logger });
  const { gateways, carrier } = outside;
  const registry = createRegistry(definitionsWith({ durations: durationsOf(config), gateways, carrier }));
  const backend = await openBackend(config, options, logger);
  const node = createNode({ registry, backend, clock, random, logger, options });
  await node.start();
  const { auth, token } = await authOf(config);
  const limits = {
    bodyMaxBytes: config.WAYBILL_BODY_MAX_BYTES,
    requestsPerSecond: config.WAYBILL_RATE_PER_SECOND,
  };
  const streams = createStreams({
    clock,
    logger,
    max: config.WAYBILL_STREAMS_MAX,
    perCallerMax: config.WAYBILL_STREAMS_PER_CALLER_MAX,
  });
  const app = createApp({
    ...outside.http,
    node,
    authenticator: createAuthenticator(auth, clock),
    clock,
    random,
    logger,
    limits,
    streams,
    ...signInOf(config),
    studio: fileURLToPath(new URL('http/studio/dist', import.meta.url)),
  });
  const server = await serve(app, { host: config.WAYBILL_HOST, port: config.WAYBILL_PORT }).catch(
    (cause: unknown) => {
      throw new TerminalError(messageOf(cause), { cause });
    },
  );
  outside.start(server.url);
  logger.info({ url: server.url, backend: config.WAYBILL_BACKEND, node: backend.replies.address }, 'serving');
  process.stdout.write(welcome(server.url, token));
  onceAsked(async (signal) => {
    logger.info({ signal }, 'stopping');
    streams.close();
    // Answers that are under way still need the partitions, so these come second.
    await server.close();
    await node.drain();
    outside.stop();
    await backend.close();
    logger.info({}, 'stopped');
  });
}

async function openBackend(config: Config, options: RuntimeOptions, logger: Logger): Promise<Backend> {
  const mailboxKeepMs = config.WAYBILL_MAILBOX_KEEP_HOURS * hourMs;
  if (config.WAYBILL_BACKEND === 'embedded') {
    const onGivenUp = (cause: Error): void => endFor(cause, logger);
    return openSqlite({ file: config.WAYBILL_DATA, clock, retentionMs: mailboxKeepMs, onGivenUp });
  }
  // Loaded only when it is needed: the clients of NATS and Redis are a fifth of the start.
  const { connectCluster } = await import('./persistence/cluster.ts');
  return connectCluster({
    natsUrl: config.WAYBILL_NATS_URL,
    natsReplicas: config.WAYBILL_NATS_REPLICAS,
    redisUrl: config.WAYBILL_REDIS_URL,
    namespace: config.WAYBILL_NAMESPACE,
    partitions: options.partitions,
    address: random.id(),
    mailboxKeepMs,
    backlogMax: options.backlogMax,
    logger,
  });
}

/** Only the next process can tell what is on disk (ADR 002); whoever watches over this one starts it. */
function endFor(cause: Error, logger: Logger): void {
  logger.error(
    { cause: messageOf(cause) },
    'the disk has failed: ending, so that the next process reads anew',
  );
  process.exit(1);
}

function optionsOf(config: Config): RuntimeOptions {
  return {
    ...defaultOptions,
    partitions: config.WAYBILL_PARTITIONS ?? defaultPartitions[config.WAYBILL_BACKEND],
    leaseMs: config.WAYBILL_LEASE_MS,
    batchMax: config.WAYBILL_BATCH_MAX,
    waitingMax: config.WAYBILL_WAITING_MAX,
    callsMax: config.WAYBILL_CALLS_MAX,
  };
}

function durationsOf(config: Config): Partial<Durations> {
  const { WAYBILL_DRAFT_EXPIRY_MS: draftExpiry, WAYBILL_CLOSING_MS: closing } = config;
  return {
    ...config.WAYBILL_DURATIONS,
    ...(draftExpiry === undefined ? {} : { draftExpiry }),
    ...(closing === undefined ? {} : { closing }),
  };
}

function signInOf(config: Config): { signIn?: SignInOptions } {
  const { WAYBILL_JWT_ISSUER: issuer, WAYBILL_PUBLIC_URL: publicUrl } = config;
  const { WAYBILL_OIDC_CLIENT_ID: clientId, WAYBILL_OIDC_CLIENT_SECRET: clientSecret } = config;
  if (issuer === undefined || publicUrl === undefined || clientId === undefined) return {};
  return {
    signIn: {
      ...{ issuer, clientId, publicUrl, scope: config.WAYBILL_OIDC_SCOPE },
      ...(clientSecret === undefined ? {} : { clientSecret }),
      parameters: Object.fromEntries(new URLSearchParams(config.WAYBILL_OIDC_PARAMETERS)),
    },
  };
}

/** Without configuration: a secret that nobody knows, and a token for whoever sees the terminal. */
async function authOf(config: Config): Promise<{ auth: AuthOptions; token?: string }> {
  const { WAYBILL_JWT_SECRET: secret, WAYBILL_JWKS_URL: jwksUrl } = config;
  const { WAYBILL_JWT_ISSUER: issuer, WAYBILL_JWT_AUDIENCE: audience } = config;
  if (jwksUrl !== undefined && issuer !== undefined && audience !== undefined) {
    return { auth: { jwksUrl, issuer, audience } };
  }
  if (secret !== undefined) {
    return { auth: { secret, ...(issuer ? { issuer } : {}), ...(audience ? { audience } : {}) } };
  }
  const made = randomBytes(32).toString('base64url');
  const roles = ['customer', 'cs', 'picker', 'packer', 'warehouseManager', 'admin'];
  const everything = { subject: 'developer', roles, warehouses: ['*'] };
  const token = await mintToken(made, everything, { now: clock.now(), lifetimeS: 30 * 24 * 3_600 });
  return { auth: { secret: made }, token };
}

/** What a person sees: where it is, who they are, and some lines to paste. */
function welcome(url: string, token: string | undefined): string {
  if (token === undefined) return `Waybill is at ${url}\n`;
  const made = randomBytes(3).toString('hex');
  const order = {
    id: `order-${made}`,
    customerId: 'ada',
    currency: 'EUR',
    shipTo: {
      name: 'Ada Lovelace',
      line1: '12 St James Square',
      city: 'London',
      postalCode: 'SW1Y 4LB',
      country: 'GB',
    },
    lines: [{ sku: 'TEAPOT', quantity: 1, unitPrice: 3900 }],
  };
  const warehouse = { id: 'LONDON', country: 'GB', location: { lat: 51.5, lon: -0.1 }, capacity: 50 };
  const curl = (path: string, rest = '') =>
    `curl -s ${url}${path} -H "Authorization: Bearer $TOKEN"${rest}; echo`;
  const post = (path: string, body: object) =>
    curl(path, ` -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`);
  return [
    `Waybill is at ${url}`,
    '',
    '# valid until this process ends',
    `export TOKEN=${token}`,
    '',
    '# open a warehouse, receive ten teapots, sell one',
    post('/warehouses', warehouse),
    post('/stock-items/LONDON~TEAPOT/receive', { quantity: 10, receiptId: made }),
    post('/orders', order),
    '# a moment later it is held and paid for; handing over what nobody has packed is refused',
    'sleep 1',
    curl(`/orders/${order.id}`),
    post(`/fulfillments/${order.id}~f1/hand-over`, {}),
    '',
    'The whole way to delivered is in README.md; npm run demo walks a dozen orders.',
    '',
  ].join('\n');
}

/** The first signal drains; a second one, or too long a drain, ends the process. */
function onceAsked(stop: (signal: string) => Promise<void>): void {
  let asked = false;
  function take(signal: string): void {
    if (asked) process.exit(1);
    asked = true;
    setTimeout(() => process.exit(1), drainMs).unref();
    stop(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${messageOf(error)}\n`);
        process.exit(1);
      },
    );
  }
  process.on('SIGTERM', take);
  process.on('SIGINT', take);
}
