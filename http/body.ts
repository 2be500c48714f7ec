/** A request's body: bounded, read once, a JSON object. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { check, pointerOf } from '../runtime/core/field-errors.ts';
import { ProblemError, invalid } from './problems.ts';

export interface BodyLimits {
  readonly bodyMaxBytes: number;
  readonly depthMax: number;
}

export type Json = Readonly<Record<string, unknown>>;

/** Node's own request where there is a server; a request made in a test has none. */
export interface Sender {
  readonly request: Request;
  readonly incoming: IncomingMessage | undefined;
}

/** An empty body is an empty object. Throws `malformed`, `too-large` or `invalid`. */
export async function readBody(sender: Sender, limits: BodyLimits): Promise<Json> {
  const bytes = await readBytes(sender, limits.bodyMaxBytes);
  if (bytes.length === 0) return {};
  const type = headerOf(sender, 'content-type');
  if (type !== null && !/^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(type)) {
    throw malformed(`the content type is ${type}; send application/json`);
  }
  const body = parseJson(bytes);
  checkContent(body, { path: [], left: limits.depthMax });
  return body;
}

/** Straight from Node where that can be: the web's `Headers` cost more than all else that is done with them. */
export function headerOf({ request, incoming }: Sender, name: string): string | null {
  if (incoming === undefined) return request.headers.get(name);
  const value = incoming.headers[name];
  return typeof value === 'string' ? value : null;
}

/** The parsed payload. Throws `invalid` with a JSON pointer to each place. */
export function validate(schema: z.ZodType, body: Json): unknown {
  const checked = check(schema, body);
  if ('payload' in checked) return checked.payload;
  throw invalid('the body does not fit the schema', checked.errors, checked.more);
}

/** As they came. Throws `too-large` or `malformed`. */
export async function readBytes(sender: Sender, maxBytes: number): Promise<Buffer> {
  if (Number(headerOf(sender, 'content-length')) > maxBytes) throw tooLarge(maxBytes);
  const { request, incoming } = sender;
  if (incoming !== undefined) return readIncoming(incoming, maxBytes);
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

/** Stops at the limit, without cutting the connection: the answer has still to be written. */
function readIncoming(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) reject(tooLarge(maxBytes));
      else chunks.push(chunk);
    });
    incoming.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    incoming.on('close', () => {
      if (!incoming.readableEnded) reject(malformed('the body ended early'));
    });
  });
}

function parseJson(bytes: Buffer): Json {
  // Refused, not repaired: a changed character would be stored without anybody's notice.
  if (!isUtf8(bytes)) throw malformed('the body is not UTF-8');
  const value = valueOf(bytes.toString());
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw malformed('the body is JSON, but not an object');
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (text.trim() === '') return {};
    throw malformed('the body is not JSON');
  }
}

/**
 * Deep nesting would overflow whatever walks it later; `__proto__` is no name for a field; half a surrogate pair
 * is no text, and no store would give it back.
 */
function checkContent(value: object, { path, left }: { path: readonly string[]; left: number }): void {
  if (left === 0) throw wrongAt(path, 'the body is nested too deeply', 'is nested too deeply');
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') throw wrongAt([...path, key], 'the body has a forbidden name', 'is not known');
    if (!key.isWellFormed() || (typeof item === 'string' && !item.isWellFormed()))
      throw wrongAt(
        [...path, key],
        'the body has broken text',
        'has half of a surrogate pair, which is no character',
      );
    if (typeof item === 'object' && item !== null)
      checkContent(item as object, { path: [...path, key], left: left - 1 });
  }
}

function wrongAt(path: readonly string[], detail: string, message: string): ProblemError {
  return invalid(detail, [{ pointer: pointerOf(path).toWellFormed(), message }]);
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
