/** One request to the JetStream API, with its failures on the runtime's error axis. */
import { NatsError } from 'nats';
import { messageOf, RetryableError, TerminalError } from '../../runtime/errors.ts';
import type { Link } from './link.ts';

export const errorCodes = {
  messageNotFound: 10037,
  streamNameInUse: 10058,
  streamNotFound: 10059,
} as const;

/** What JetStream answered instead of a result. */
export class ApiError extends RetryableError {
  readonly errorCode: number;

  constructor(error: { err_code?: number; description: string }) {
    super(`JetStream: ${error.description}`);
    this.errorCode = error.err_code ?? 0;
  }
}

const encoder = new TextEncoder();
const requestTimeoutMs = 5_000;

/** Rejects with `ApiError` when JetStream says no, with `RetryableError` when nothing answers. */
export async function callApi<Result>(link: Link, path: string, body?: object): Promise<Result> {
  const answer = await request(link, `$JS.API.${path}`, body);
  const result = answer as Result & { error?: { err_code?: number; description: string } };
  if (result.error !== undefined) throw new ApiError(result.error);
  return result;
}

async function request(link: Link, subject: string, body: object | undefined): Promise<unknown> {
  if (!link.isUp()) throw new RetryableError('not connected to NATS');
  const data = body === undefined ? new Uint8Array() : encoder.encode(JSON.stringify(body));
  try {
    const answer = link.connection.request(subject, data, { timeout: requestTimeoutMs });
    return (await whileUp(link, answer)).json();
  } catch (error) {
    throw new RetryableError(`${subject}: ${inWords(error)}`, { cause: error });
  }
}

function inWords(error: unknown): string {
  if (!(error instanceof NatsError)) return messageOf(error);
  if (error.code === '503') return 'JetStream is not available';
  return error.code === 'TIMEOUT' ? 'no answer in time' : error.message;
}

/** The client itself would wait for the whole timeout after the connection broke. */
function whileUp<Answer>(link: Link, answer: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stopWatching = link.onDown(reject);
    answer.then(resolve, reject).finally(stopWatching);
  });
}

/**
 * What no waiting cures: bad request, wrong configuration, subjects of another stream, a failed update,
 * replicas without a cluster. Missing leaders, peers and resources are not among them.
 */
const terminalCodes = new Set([10003, 10025, 10052, 10053, 10065, 10069, 10074]);

export function asTerminal(error: unknown, text: string): unknown {
  return error instanceof ApiError && terminalCodes.has(error.errorCode)
    ? new TerminalError(`${text}: ${error.message}`, { cause: error })
    : error;
}

export const nanosPerMs = 1_000_000;
