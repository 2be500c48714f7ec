/** What `waybill import` is asked for. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface ImportRequest {
  readonly file: string;
  readonly kind: string;
  readonly url: string;
  /** Not needed for a dry run. */
  readonly token: string;
  readonly concurrency: number;
  readonly patienceMs: number;
  readonly report: string;
  readonly restart: boolean;
  readonly dryRun: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

const options = {
  kind: { type: 'string', default: 'order' },
  url: { type: 'string' },
  token: { type: 'string' },
  concurrency: { type: 'string', default: '16' },
  patience: { type: 'string', default: '60' },
  report: { type: 'string' },
  restart: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The arguments behind `import`. Throws `TypeError` for unknown options, as `parseArgs` does. */
export function readImport(
  args: readonly string[],
  env: Env,
): { help: true } | { problem: string } | { import: ImportRequest } {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (values.help) return { help: true };
  const request = requestOf(values, positionals[0] ?? '', env);
  const problem = fileProblem(request, positionals.slice(1)) ?? sendingProblem(request);
  return problem === undefined ? { import: request } : { problem };
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

function requestOf(values: Values, file: string, env: Env): ImportRequest {
  const dryRun = values['dry-run'];
  return {
    file,
    kind: values.kind,
    url: values.url ?? (env['WAYBILL_URL'] || 'http://127.0.0.1:3000'),
    token: values.token ?? env['WAYBILL_TOKEN'] ?? '',
    concurrency: numberOf(values.concurrency),
    patienceMs: numberOf(values.patience) * 1_000,
    report: values.report ?? `${file}${dryRun ? '.dry-run' : ''}.refused.ndjson`,
    restart: values.restart,
    dryRun,
  };
}

/** Beside the file: how far its import has come. */
export function progressFileOf({ file }: Pick<ImportRequest, 'file'>): string {
  return `${file}.progress`;
}

function fileProblem({ file, report }: ImportRequest, others: readonly string[]): string | undefined {
  if (file === '') return 'import needs a file';
  if (others.length > 0) return `one file at a time: ${others.join(' ')} is too much`;
  const taken = [file, progressFileOf({ file })].map((name) => resolve(name));
  if (report === '' || taken.includes(resolve(report))) return '--report needs a file of its own';
  return undefined;
}

function sendingProblem({ url, token, concurrency, patienceMs, dryRun }: ImportRequest): string | undefined {
  if (!(concurrency >= 1 && concurrency <= 256)) return '--concurrency is 1 to 256';
  if (!(patienceMs >= 1_000 && patienceMs <= 86_400_000)) return '--patience is 1 to 86400, in seconds';
  if (dryRun) return undefined;
  if (!isHttp(url)) return `--url needs a URL such as http://127.0.0.1:3000, not ${url}`;
  if (token === '') return 'import needs a token: WAYBILL_TOKEN or --token';
  return /^[\x21-\x7e]+$/.test(token) ? undefined : 'the token has characters that no token has';
}

function isHttp(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, search, hash } = new URL(url);
  return ['http:', 'https:'].includes(protocol) && search === '' && hash === '';
}

function numberOf(text: string): number {
  return /^\d{1,6}$/.test(text) ? Number(text) : NaN;
}
