/** What the program understands, and what it says where it does not. */
import { parseArgs } from 'node:util';
import { addressSchema, type Address } from '../runtime/address.ts';
import { readDoctor, type DoctorRequest } from './doctor/request.ts';
import { readImport, type ImportRequest } from './import/request.ts';

export const usage = `Usage: waybill export <kind> <id> [options]
       waybill import <file> [options]
       waybill doctor [options]

export

Writes what has happened to an actor, as its journal tells it, as a test that replays it. Reads from the
backend that npm start runs on, by the same settings (.env and WAYBILL_…), while it runs or not.

  waybill export order o-17

  --out <file>      where to; default: test/incidents/<kind>-<id>.test.ts
  --force           overwrite it
  --stdout          print it instead
  --redact          replace free text (names, addresses, reasons, who) by placeholders
  --from <version>  begin after this version's predecessor, from its snapshot
  --to <version>    end with this version

Exit status: 0 written, whether the replay matches or not; 1 not written; 2 not understood.

import

Sends each order of a file to a running server: NDJSON, one object a line, or CSV (.csv), one row an order
line. Every order needs an id; what is there already stays, so a repeat does no harm. It goes on where an
earlier run has ended. What is refused is told with its line and reason.

  WAYBILL_TOKEN=… waybill import orders.ndjson

  --url <url>       where the server is; default: WAYBILL_URL, or http://127.0.0.1:3000
  --token <token>   who you are; better in WAYBILL_TOKEN, where other users of the machine do not see it
  --kind <kind>     import other actors than orders
  --concurrency <n> requests at once; default: 16
  --patience <s>    give up after so many seconds without any answer; default: 60
  --report <file>   what is refused; default: <file>.refused.ndjson
  --restart         begin anew, not where an earlier run has ended
  --dry-run         send nothing, only check

Exit status: 0 all created or there already; 1 some refused, or not sent; 2 not understood; 130 interrupted.

doctor

Reads all actors of a system, while it runs or not, by the same settings as export, and tells what is broken,
contradictory or stuck, and since when. Changes nothing. What may only be passing is looked at twice.

  --json            as one JSON object
  --limit <n>       show the n oldest findings of each check, count the others; default: 20
  --pause <s>       wait so long before the second look; default: 3
  --dead-since <t>  leave out dead letters from before, a time such as 2026-01-31T12:00Z

Exit status: 0 nothing found; 1 something found; 2 not understood, or it cannot be read.

  --help            this
`;

export interface ExportRequest {
  readonly of: Address;
  readonly out?: string;
  readonly force: boolean;
  readonly stdout: boolean;
  readonly redact: boolean;
  readonly from: number;
  readonly to: number;
}

/** What was asked for, or what is wrong with it. */
export type Asked =
  | { readonly help: true }
  | { readonly problem: string }
  | { readonly export: ExportRequest }
  | { readonly import: ImportRequest }
  | { readonly doctor: DoctorRequest };

const options = {
  out: { type: 'string' },
  force: { type: 'boolean', default: false },
  stdout: { type: 'boolean', default: false },
  redact: { type: 'boolean', default: false },
  from: { type: 'string', default: '1' },
  to: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The arguments behind the program's name; `env` has where the server is and who asks. */
export function read(
  given: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Asked {
  const [command, ...rest] = given;
  if (command === undefined) return { problem: 'which command?' };
  if (['--help', '-h', 'help'].includes(command)) return { help: true };
  try {
    if (command === 'export') return readExport(rest);
    if (command === 'import') return readImport(rest, env);
    if (command === 'doctor') return readDoctor(rest);
    return { problem: `there is no command ${command}` };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { problem: error.message.split('. ')[0] ?? error.message };
  }
}

function readExport(args: readonly string[]): Asked {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  return values.help ? { help: true } : exportOf(values, positionals);
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

function exportOf(values: Values, positionals: readonly string[]): Asked {
  const [kind = '', id = '', ...others] = positionals;
  const { out, force, stdout, redact } = values;
  const from = versionOf(values.from);
  const to = values.to === undefined ? Infinity : versionOf(values.to);
  const problem = actorProblem({ kind, id }, others) ?? versionProblem(from, to) ?? fileProblem(values);
  if (problem !== undefined) return { problem };
  const of = { kind, id };
  return { export: { of, force, stdout, redact, from, to, ...(out === undefined ? {} : { out }) } };
}

function versionProblem(from: number, to: number): string | undefined {
  if (Number.isNaN(from) || Number.isNaN(to)) return '--from and --to are versions: whole numbers from 1 up';
  return from > to ? '--from is behind --to' : undefined;
}

function fileProblem({ stdout, out, force }: Values): string | undefined {
  if (out === '') return '--out needs a file';
  return stdout && (out !== undefined || force) ? '--stdout writes no file: no --out, no --force' : undefined;
}

function actorProblem(of: Address, others: readonly string[]): string | undefined {
  if (of.kind === '' || of.id === '') return 'export needs a kind and an id';
  if (others.length > 0) return `one actor at a time: ${others.join(' ')} is too much`;
  // It becomes part of a subject, where a wildcard would read others' journals.
  const { error } = addressSchema.safeParse(of);
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}

function versionOf(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : NaN;
}
