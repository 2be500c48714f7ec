/** What `waybill doctor` is asked for. */
import { parseArgs } from 'node:util';

export interface DoctorRequest {
  readonly json: boolean;
  /** Findings shown of each check. */
  readonly limit: number;
  readonly pauseMs: number;
  /** Dead letters before are left out, ms; 0: none is. */
  readonly deadSince: number;
}

const options = {
  json: { type: 'boolean', default: false },
  limit: { type: 'string', default: '20' },
  pause: { type: 'string', default: '3' },
  'dead-since': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The arguments behind `doctor`. Throws `TypeError` for unknown options, as `parseArgs` does. */
export function readDoctor(
  args: readonly string[],
): { help: true } | { problem: string } | { doctor: DoctorRequest } {
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) return { help: true };
  const since = values['dead-since'];
  const request = {
    json: values.json,
    limit: numberOf(values.limit),
    pauseMs: numberOf(values.pause) * 1_000,
    deadSince: since === undefined ? 0 : Date.parse(since),
  };
  const problem = problemOf(request);
  return problem === undefined ? { doctor: request } : { problem };
}

function problemOf({ limit, pauseMs, deadSince }: DoctorRequest): string | undefined {
  if (!(limit >= 1 && limit <= 100_000)) return '--limit is 1 to 100000';
  if (!(pauseMs >= 0 && pauseMs <= 3_600_000)) return '--pause is 0 to 3600, in seconds';
  return Number.isNaN(deadSince) ? '--dead-since is a time such as 2026-01-31T12:00Z' : undefined;
}

function numberOf(text: string): number {
  return /^\d{1,6}$/.test(text) ? Number(text) : NaN;
}
