/** The environment, checked at start: all errors at once, in plain words. */
import { z } from 'zod';
import { defaultDurations, type Durations } from './machines/durations.ts';
import { defaultOptions } from './runtime/options.ts';

const count = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be ${least} to ${most}`);

const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );

const loopback = ['127.0.0.1', '::1', 'localhost'];

/** Keys and addresses go there: not in the clear, except to this machine. */
const server = url('https:', 'http:').refine(
  (text) => URL.canParse(text) && isSafe(new URL(text)),
  'must be https, except on 127.0.0.1',
);

function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || loopback.includes(hostname.replace(/^\[|\]$/g, ''));
}

/** Fewer make larger commits, more let more processes share the work. One file has one process. */
export const defaultPartitions = { embedded: 4, cluster: defaultOptions.partitions };

const schema = z.object({
  WAYBILL_HOST: z.string().min(1).default('127.0.0.1'),
  WAYBILL_PORT: count(0, 65_535).default(3_000),
  WAYBILL_BACKEND: z.enum(['embedded', 'cluster']).default('embedded'),
  WAYBILL_DATA: z.string().min(1).default('data/waybill.db'),
  WAYBILL_NATS_URL: url('nats:', 'tls:').default('nats://127.0.0.1:4222'),
  WAYBILL_NATS_REPLICAS: count(1, 5).default(1),
  WAYBILL_REDIS_URL: url('redis:', 'rediss:').default('redis://127.0.0.1:6379'),
  WAYBILL_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 letters, digits, _ or -')
    .default('waybill'),
  WAYBILL_PARTITIONS: count(1, 1_024).optional(),
  WAYBILL_MAILBOX_KEEP_HOURS: count(1, 8_760).default(168),
  WAYBILL_LEASE_MS: count(1_000, 60_000).default(defaultOptions.leaseMs),
  WAYBILL_BATCH_MAX: count(1, 5_000).default(defaultOptions.batchMax),
  WAYBILL_WAITING_MAX: count(1, 1_000_000).default(defaultOptions.waitingMax),
  /** Calls to one gateway or carrier at once. */
  WAYBILL_CALLS_MAX: count(1, 10_000).default(defaultOptions.callsMax),
  /** Streams of events that are open at once. */
  WAYBILL_STREAMS_MAX: count(0, 100_000).default(200),
  /** Of them, for one subject. */
  WAYBILL_STREAMS_PER_CALLER_MAX: count(1, 100_000).default(20),
  WAYBILL_BODY_MAX_BYTES: count(1_024, 16_777_216).default(262_144),
  WAYBILL_RATE_PER_SECOND: count(0, 1_000_000).default(100),
  WAYBILL_DRAFT_EXPIRY_MS: count(1_000, 31_536_000_000).optional(),
  WAYBILL_CLOSING_MS: count(1_000, 31_536_000_000).optional(),
  WAYBILL_DURATIONS: z
    .string()
    .transform((text, refinement) => durationsIn(text, refinement))
    .optional(),
  WAYBILL_SANDBOX: z.enum(['on', 'off']).optional(),
  WAYBILL_SANDBOX_DATA: z.string().min(1).default('data/sandbox.db'),
  WAYBILL_JWT_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  WAYBILL_JWKS_URL: url('https:', 'http:').optional(),
  WAYBILL_JWT_ISSUER: z.string().optional(),
  WAYBILL_JWT_AUDIENCE: z.string().optional(),
  WAYBILL_OIDC_CLIENT_ID: z.string().min(1).optional(),
  WAYBILL_OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  WAYBILL_OIDC_SCOPE: z.string().min(1).default('openid'),
  /** As in a query: `audience=waybill&resource=…`. */
  WAYBILL_OIDC_PARAMETERS: z.string().default(''),
  WAYBILL_PUBLIC_URL: server.optional(),
  WAYBILL_STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_/, 'must be a secret or restricted key: sk_… or rk_…')
    .optional(),
  WAYBILL_STRIPE_WEBHOOK_SECRET: z.string().startsWith('whsec_', 'must start with whsec_').optional(),
  WAYBILL_STRIPE_RETURN_URL: url('https:', 'http:').optional(),
  WAYBILL_STRIPE_CAPTURES: z.enum(['once', 'several']).default('once'),
  WAYBILL_STRIPE_URL: server.optional(),
  WAYBILL_EASYPOST_API_KEY: z.string().min(1).optional(),
  WAYBILL_EASYPOST_WEBHOOK_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),
  WAYBILL_EASYPOST_FILE: z.string().min(1).optional(),
  WAYBILL_EASYPOST_URL: server.optional(),
  WAYBILL_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** `payWindow=60000,closing=1000`: named delays of the charts, ms. */
function durationsIn(text: string, refinement: z.RefinementCtx): Partial<Durations> {
  const entries = text.split(',').map((part) => part.trim().split('='));
  for (const [name = '', ms = ''] of entries) {
    if (!Object.hasOwn(defaultDurations, name))
      refinement.addIssue(`${name} is no delay; they are: ${Object.keys(defaultDurations).join(', ')}`);
    else if (!/^[0-9]{1,12}$/.test(ms) || Number(ms) < 1)
      refinement.addIssue(`${name} must be a whole number of milliseconds, as in ${name}=60000`);
  }
  return Object.fromEntries(entries.map(([name = '', ms]) => [name, Number(ms)]));
}

export type Config = z.infer<typeof schema>;

const known = new Set(Object.keys(schema.shape));
/** For `waybill import`; they may stand in the same environment. */
const ofClients = new Set(['WAYBILL_URL', 'WAYBILL_TOKEN']);

/** The configuration, or what is wrong with it: one line per variable. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
): Config | { problems: string[] } {
  const unknown = Object.keys(env)
    .filter((name) => name.startsWith('WAYBILL_') && !name.startsWith('WAYBILL_TEST_'))
    .filter((name) => !known.has(name) && !ofClients.has(name))
    .map((name) => `${name} is not a setting of Waybill; .env.example lists them all`);
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => known.has(name) && value !== ''),
  );
  const parsed = schema.safeParse(given);
  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...authenticationProblems(given),
    ...providerProblems(given),
    ...unknown,
  ];
  return parsed.success && problems.length === 0 ? parsed.data : { problems };
}

/** What no variable alone can tell; looked at whatever else is wrong. */
function authenticationProblems(env: Readonly<Record<string, string | undefined>>): string[] {
  const { WAYBILL_JWT_SECRET: secret, WAYBILL_JWKS_URL: keys, WAYBILL_HOST: host = '127.0.0.1' } = env;
  const problems: string[] = [];
  if (secret === undefined && keys === undefined && !loopback.includes(host)) {
    problems.push(
      'WAYBILL_HOST: needs WAYBILL_JWT_SECRET or WAYBILL_JWKS_URL: without them only 127.0.0.1 is served',
    );
  }
  if (keys === undefined) return [...problems, ...withoutKeys(env)];
  if (secret !== undefined) problems.push('WAYBILL_JWKS_URL: cannot be set together with WAYBILL_JWT_SECRET');
  for (const name of ['WAYBILL_JWT_ISSUER', 'WAYBILL_JWT_AUDIENCE']) {
    if (env[name] === undefined) problems.push(`${name}: is needed with WAYBILL_JWKS_URL`);
  }
  return problems;
}

function withoutKeys({
  WAYBILL_OIDC_CLIENT_ID: client,
}: Readonly<Record<string, string | undefined>>): string[] {
  if (client === undefined) return [];
  return ['WAYBILL_OIDC_CLIENT_ID: needs WAYBILL_JWKS_URL: the provider signs the tokens'];
}

const providers = [
  {
    name: 'signing in at an OpenID provider',
    key: 'WAYBILL_OIDC_CLIENT_ID',
    needs: { WAYBILL_PUBLIC_URL: 'the provider sends people back there' },
    may: ['WAYBILL_OIDC_CLIENT_SECRET', 'WAYBILL_OIDC_SCOPE', 'WAYBILL_OIDC_PARAMETERS'],
  },
  {
    name: 'Stripe',
    key: 'WAYBILL_STRIPE_SECRET_KEY',
    needs: {
      WAYBILL_STRIPE_WEBHOOK_SECRET: 'without it Stripe cannot tell what became of a payment',
    },
    may: ['WAYBILL_STRIPE_RETURN_URL', 'WAYBILL_STRIPE_CAPTURES', 'WAYBILL_STRIPE_URL'],
  },
  {
    name: 'EasyPost',
    key: 'WAYBILL_EASYPOST_API_KEY',
    needs: {
      WAYBILL_EASYPOST_WEBHOOK_SECRET: 'without it EasyPost cannot tell where a parcel is',
      WAYBILL_EASYPOST_FILE: 'it says where parcels leave from and what they weigh',
    },
    may: ['WAYBILL_EASYPOST_URL'],
  },
] as const;

/** A provider is on with all that it needs, or off with none of its settings. */
function providerProblems(env: Readonly<Record<string, string | undefined>>): string[] {
  return providers.flatMap(({ name, key, needs, may }) => {
    if (env[key] !== undefined) {
      return Object.entries(needs)
        .filter(([setting]) => env[setting] === undefined)
        .map(([setting, why]) => `${setting}: is needed with ${key}: ${why}`);
    }
    return [...Object.keys(needs), ...may]
      .filter((setting) => env[setting] !== undefined)
      .map((setting) => `${setting}: is set, but ${name} is off: ${key} is not set`);
  });
}
