/** The official client for one call, and what its errors mean: again, never again, or no answer. */
import library from '@easypost/api';
import { TerminalError, messageOf } from '../../runtime/errors.ts';

export interface EasyPostAccess {
  readonly apiKey: string;
  /** Another server with the same API, with its path: `…/v2/`. Unset: EasyPost. */
  readonly url?: string;
  /** For all requests of a call together; shorter than the time limit of the activity. */
  readonly timeoutMs?: number;
}

// Its types say CommonJS, but an import gives the class itself.
export const EasyPost = library as unknown as typeof library.default;
export type EasyPostClient = InstanceType<typeof EasyPost>;

/** The request may have arrived, but no answer came that can be read. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

export interface EasyPostCall {
  /** Undefined where EasyPost has no such thing. Errors as `Carrier` has them, and `NoAnswerError`. */
  ask<Answer>(request: (client: EasyPostClient) => Promise<Answer>): Promise<Answer | undefined>;
}

/** What is used of the HTTP client underneath. */
interface HttpRequest {
  redirects(count: number): HttpRequest;
  abort(): void;
}

const defaultTimeoutMs = 8_000;

/** A client for each call: the library has neither a time limit nor a way to end a request, its hooks have. */
export function openCall(access: EasyPostAccess, given: AbortSignal): EasyPostCall {
  const signal = AbortSignal.any([given, AbortSignal.timeout(access.timeoutMs ?? defaultTimeoutMs)]);
  let current: HttpRequest | undefined;
  let lastStatus: number | undefined;
  const client = new EasyPost(access.apiKey, {
    ...(access.url === undefined ? {} : { baseUrl: access.url }),
    requestMiddleware: (request: HttpRequest) => (current = request.redirects(0)),
  });
  client.addResponseHook(({ httpStatus }) => {
    lastStatus = httpStatus;
  });
  // Nothing is returned: a request is a promise too, and Node ends the process if a listener’s promise fails.
  signal.addEventListener('abort', () => {
    current?.abort();
  });
  return {
    async ask(request) {
      signal.throwIfAborted();
      lastStatus = undefined;
      try {
        return await request(client);
      } catch (error) {
        throwUnlessMissing(error, statusOf(error) ?? lastStatus);
        return undefined;
      } finally {
        current = undefined;
      }
    },
  };
}

const passing = new Set([408, 409, 425, 429]);
/** Somebody behind EasyPost is away. */
const away = new Set([
  'ADDRESS.VERIFY.UNAVAILABLE',
  'ADDRESS.VERIFY.UPSTREAM_UNAVAILABLE',
  'SHIPMENT.RATES.UNAVAILABLE',
]);
const beforeSending = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** 404 is an answer; everything else is thrown. */
function throwUnlessMissing(error: unknown, status: number | undefined): void {
  if (status === 404) return;
  const message = `EasyPost: ${messageOf(error)}`;
  if (status === undefined) {
    if (beforeSending.has(String(partOf(error, 'code')))) throw new Error(message, { cause: error });
    throw new NoAnswerError(message, { cause: error });
  }
  if (status < 300)
    throw new NoAnswerError(`EasyPost: unreadable answer: ${messageOf(error)}`, { cause: error });
  const mayPass = status >= 500 || passing.has(status) || away.has(String(partOf(error, 'code')));
  if (mayPass) throw new Error(`${message} (${status})`, { cause: error });
  throw new TerminalError(`${message} (${status})`, { cause: error });
}

/** The library’s errors have `statusCode`; those of the HTTP client underneath have `status`. */
function statusOf(error: unknown): number | undefined {
  const status = partOf(error, 'statusCode') ?? partOf(error, 'status');
  return typeof status === 'number' ? status : undefined;
}

/** EasyPost’s own code of an error, such as `SHIPMENT.POSTAGE.EXISTS`. */
export function codeOf(error: unknown): string | undefined {
  const code = partOf(error instanceof Error ? error.cause : undefined, 'code');
  return typeof code === 'string' ? code : undefined;
}

function partOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}
