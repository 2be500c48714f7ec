/** A request's body: bounded, read once, a JSON object. */
import type { z } from 'zod';
import { ProblemError, invalid } from './problems.ts';

export interface BodyLimits {
  readonly bodyMaxBytes: number;
  readonly depthMax: number;
}

export type Json = Readonly<Record<string, unknown>>;

/** Not UTF-8 is refused, not repaired: a changed character would be stored without anybody's notice. */
const decoder = new TextDecoder('utf-8', { fatal: true });

/** An empty body is an empty object. Throws `malformed`, `too-large` or `invalid`. */
export async function readBody(request: Request, onNode: boolean, limits: BodyLimits): Promise<Json> {
  const bytes = await readBytes(request, onNode, limits.bodyMaxBytes);
  if (bytes === undefined || bytes.byteLength === 0) return {};
  const type = request.headers.get('content-type');
  if (type !== null && !/^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(type)) {
    throw malformed(`the content type is ${type}; send application/json`);
  }
  const body = parseJson(bytes);
  checkNesting(body, { path: '', left: limits.depthMax });
  return body;
}

/** The parsed payload. Throws `invalid` with a JSON pointer to each place. */
export function validate(schema: z.ZodType, body: Json): unknown {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw invalid('the body does not fit the schema', result.error.issues.flatMap(errorsOf));
}

/** HTTP/1 has no body without one of the two headers, and no more of it than `Content-Length` says. */
async function readBytes(
  request: Request,
  onNode: boolean,
  maxBytes: number,
): Promise<ArrayBuffer | Uint8Array | undefined> {
  const length = request.headers.get('content-length');
  if (length !== null) {
    if (Number(length) > maxBytes) throw tooLarge(maxBytes);
    return length === '0' ? undefined : await request.arrayBuffer().catch(endedEarly);
  }
  if (onNode && request.headers.get('transfer-encoding') === null) return undefined;
  return request.body === null ? undefined : readStream(request.body.getReader(), maxBytes);
}

async function readStream(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(endedEarly);
    if (done) return Buffer.concat(chunks);
    size += value.byteLength;
    // Not cancelled: that would cut the connection before the answer is written.
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(value);
  }
}

function parseJson(bytes: ArrayBuffer | Uint8Array): Json {
  let value: unknown;
  try {
    const text = decoder.decode(bytes);
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw malformed(error instanceof SyntaxError ? 'the body is not JSON' : 'the body is not UTF-8');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw malformed('the body is JSON, but not an object');
}

/** Deep nesting would overflow whatever walks it later; `__proto__` is no name for a field. */
function checkNesting(value: object, { path, left }: { path: string; left: number }): void {
  if (left === 0)
    throw invalid('the body is nested too deeply', [{ pointer: path, message: 'is nested too deeply' }]);
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__')
      throw invalid('the body has a forbidden name', [
        { pointer: pointer(path, key), message: 'is not known' },
      ]);
    if (typeof item === 'object' && item !== null)
      checkNesting(item as object, { path: pointer(path, key), left: left - 1 });
  }
}

function errorsOf(issue: z.core.$ZodIssue): { pointer: string; message: string }[] {
  const place = issue.path.reduce<string>((path, key) => pointer(path, String(key)), '');
  if (issue.code !== 'unrecognized_keys') return [{ pointer: place, message: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointer(place, key), message: 'is not known' }));
}

/** RFC 6901 */
function pointer(path: string, key: string): string {
  return `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function endedEarly(): never {
  throw malformed('the body ended early');
}

function malformed(detail: string): ProblemError {
  return new ProblemError({ name: 'malformed', detail });
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError({
    name: 'too-large',
    detail: `the body may have ${maxBytes} bytes`,
    headers: { connection: 'close' },
  });
}
