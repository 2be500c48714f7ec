/** What `npm run simulate-shop` is asked for. */
import { parseArgs } from 'node:util';
import { fates, type FateName } from './fates.ts';

export type Mix = Readonly<Partial<Record<FateName, number>>>;

export interface ShopRequest {
  /** Undefined: start a server. */
  readonly server: { readonly url: string; readonly token: string } | undefined;
  readonly ratePerSecond: number;
  /** Infinity: until it is told to end. */
  readonly forMs: number;
  readonly mix: Mix;
  readonly atOnce: number;
  readonly pauseMs: number;
  readonly patienceMs: number;
  readonly seed: number;
}

export const defaultMix: Mix = {
  ...{ happy: 58, split: 10, declined: 6, cancelled: 8, short: 4, moved: 4 },
  ...{ 'told-twice': 4, lost: 3, unanswered: 2, unavailable: 1 },
};

export const usage = `Usage: npm run simulate-shop -- [options]

Keeps a shop busy on a running server: opens warehouses, receives stock, places orders, and plays the pickers,
packers, carriers and customers that these need. The server needs its sandbox, where no money moves.

  --url <url>       where the server is; default: WAYBILL_URL, or http://127.0.0.1:3000
  --token <token>   who you are (an admin); better in WAYBILL_TOKEN
  --start           start an embedded server for it, with its data in a temporary folder
  --rate <n>        orders per second; default: 2
  --for <s>         no new orders after so many seconds; default: until Ctrl-C
  --mix <list>      fates and their weights, such as happy=70,cancelled=10; default:
                    ${mixText(defaultMix)}
  --at-once <n>     no new orders while so many are under way; default: 200
  --pause <ms>      how long people take for a step at most; default: 1000
  --patience <s>    give up after so many seconds without any answer; default: 300
  --seed <n>        the same fates, goods and pauses again

Exit status: 0 everything went as it was meant to; 1 something did not; 2 not understood.
`;

const options = {
  url: { type: 'string' },
  token: { type: 'string' },
  start: { type: 'boolean', default: false },
  rate: { type: 'string', default: '2' },
  for: { type: 'string' },
  mix: { type: 'string' },
  'at-once': { type: 'string', default: '200' },
  pause: { type: 'string', default: '1000' },
  patience: { type: 'string', default: '300' },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Env = Readonly<Record<string, string | undefined>>;
type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
type Asked = { readonly help: string } | { readonly problem: string } | { readonly shop: ShopRequest };

/** The arguments, or what is wrong with them. */
export function readShop(args: readonly string[], env: Env): Asked {
  let values: Values;
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { problem: error.message.split('. ')[0] ?? error.message };
  }
  if (values.help) return { help: usage };
  const mix = values.mix === undefined ? defaultMix : mixIn(values.mix);
  if (typeof mix === 'string') return { problem: mix };
  const shop = requestOf(values, env, mix);
  const problem = problemWith(shop);
  return problem === undefined ? { shop } : { problem };
}

function requestOf(values: Values, env: Env, mix: Mix): ShopRequest {
  const url = values.url ?? (env['WAYBILL_URL'] || 'http://127.0.0.1:3000');
  const token = values.token ?? env['WAYBILL_TOKEN'] ?? '';
  return {
    server: values.start ? undefined : { url, token },
    ratePerSecond: numberOf(values.rate),
    forMs: values.for === undefined ? Infinity : numberOf(values.for) * 1_000,
    mix,
    atOnce: numberOf(values['at-once']),
    pauseMs: numberOf(values.pause),
    patienceMs: numberOf(values.patience) * 1_000,
    seed: values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : numberOf(values.seed),
  };
}

function problemWith(request: ShopRequest): string | undefined {
  const limits: [keyof ShopRequest, string, number, number][] = [
    ['ratePerSecond', '--rate is more than 0, up to 1000', 0.001, 1_000],
    ['atOnce', '--at-once is 1 to 5000', 1, 5_000],
    ['pauseMs', '--pause is 0 to 600000, in milliseconds', 0, 600_000],
    ['patienceMs', '--patience is 1 to 86400, in seconds', 1_000, 86_400_000],
    ['seed', '--seed is a whole number', 0, Number.MAX_SAFE_INTEGER],
  ];
  const wrong = limits.find(([name, , least, most]) => !isWithin(Number(request[name]), least, most));
  if (wrong !== undefined) return wrong[1];
  if (Number.isNaN(request.forMs)) return '--for is a number of seconds';
  return request.server === undefined ? undefined : serverProblem(request.server);
}

function serverProblem({ url, token }: { url: string; token: string }): string | undefined {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    return `--url needs a URL such as http://127.0.0.1:3000, not ${url}`;
  if (token === '') return 'it needs a token: WAYBILL_TOKEN or --token; or --start';
  return /^[\x21-\x7e]+$/.test(token) ? undefined : 'the token has characters that no token has';
}

function mixIn(text: string): Mix | string {
  const entries = text.split(',').map((part) => part.trim().split('='));
  for (const [name = '', weight = ''] of entries) {
    if (!Object.hasOwn(fates, name))
      return `there is no fate ${name}; there are: ${Object.keys(fates).join(', ')}`;
    if (!isWithin(numberOf(weight), 0, 1_000_000)) return `${name} needs a weight, as in ${name}=10`;
  }
  const mix: Mix = Object.fromEntries(entries.map(([name = '', weight = '']) => [name, Number(weight)]));
  return Object.values(mix).some((weight) => weight > 0) ? mix : '--mix needs a weight that is not 0';
}

function mixText(mix: Mix): string {
  return Object.entries(mix)
    .map(([name, weight]) => `${name}=${weight}`)
    .join(',');
}

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

function numberOf(text: string): number {
  return /^\d{1,15}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
}
