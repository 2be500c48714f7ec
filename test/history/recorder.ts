/** A `fetch` that writes down what it is asked and answered, in the order of one counter. */
import type { Principal } from '../../runtime/message.ts';

/** One request about one actor. */
export interface Call {
  readonly principal: Principal;
  /** `orders/o1` */
  readonly actor: string;
  /** As in the URL; `create` for what makes the actor, `read` for its view. */
  readonly command: string;
  readonly key?: string;
  readonly ifMatch?: number;
  /** JSON text. */
  readonly body: string;
  readonly invoked: number;
  /** Infinity: as yet not answered. */
  returned: number;
  answer: Answer;
}

export type Answer =
  | { readonly status: number; readonly replayed: boolean; readonly text: string }
  /** No answer; `sent`: it may have arrived. */
  | { readonly lost: string; readonly sent: boolean };

export interface Recorder {
  readonly fetch: typeof globalThis.fetch;
  readonly calls: readonly Call[];
  /** When commands were answered as applied, ms of `performance.now()`. */
  readonly appliedAt: readonly number[];
  /** Where the counter stands. */
  now(): number;
}

/** Records creates, commands and reads of single actors; everything else just passes. */
export function recordCalls(): Recorder {
  const calls: Call[] = [];
  const appliedAt: number[] = [];
  const texts = new Map<string, string>();
  let now = 0;

  async function answered(call: Call, response: Response): Promise<Response> {
    const text = await response.text();
    const { status, headers } = response;
    // The same view is read many times: one text for all.
    const known = texts.get(text) ?? text;
    texts.set(known, known);
    call.answer = { status, replayed: headers.get('idempotency-replayed') === 'true', text: known };
    call.returned = ++now;
    if (call.command !== 'read' && response.ok && status !== 202) appliedAt.push(performance.now());
    return new Response(text, { status, headers });
  }

  return {
    calls,
    appliedAt,
    now: () => now,
    async fetch(input, init = {}) {
      const call = callOf(urlOf(input), init, () => ++now);
      if (call === undefined) return fetch(input, init);
      calls.push(call);
      try {
        return await answered(call, await fetch(input, init));
      } catch (error) {
        const code = codeOf(error);
        call.answer = { lost: code, sent: code !== 'ECONNREFUSED' };
        throw error;
      }
    },
  };
}

type Target = Pick<Call, 'actor' | 'command' | 'body'>;

function callOf(url: string, init: RequestInit, tick: () => number): Call | undefined {
  const target = targetOf(new URL(url).pathname, init);
  if (target === undefined) return undefined;
  const headers = new Headers(init.headers);
  const key = headers.get('idempotency-key');
  const match = /^"(\d+)"$/.exec(headers.get('if-match') ?? '')?.[1];
  return {
    principal: principalOf(headers.get('authorization') ?? ''),
    ...target,
    ...(key === null ? {} : { key }),
    ...(match === undefined ? {} : { ifMatch: Number(match) }),
    invoked: tick(),
    returned: Infinity,
    answer: { lost: 'not answered yet', sent: true },
  };
}

/** Undefined for lists, histories, the sandbox and whatever else is not about one actor’s state. */
function targetOf(path: string, init: RequestInit): Target | undefined {
  const [plural = '', id, command] = path.split('/').slice(1).map(decodeURIComponent);
  if (plural === 'sandbox') return undefined;
  const body = typeof init.body === 'string' ? init.body : '{}';
  if (init.method !== 'POST') {
    const isView = id !== undefined && command === undefined;
    return isView ? { actor: `${plural}/${id}`, command: 'read', body } : undefined;
  }
  const made = id ?? createdId(body);
  return made === undefined ? undefined : { actor: `${plural}/${made}`, command: command ?? 'create', body };
}

function createdId(body: string): string | undefined {
  return (JSON.parse(body) as { id?: string }).id;
}

/** The claims of the token; who checks them is on the other side. */
function principalOf(authorization: string): Principal {
  const payload = authorization.split('.')[1] ?? '';
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Principal & { sub: string };
  return { subject: claims.sub, roles: claims.roles, warehouses: claims.warehouses };
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(error);
}

function urlOf(input: Parameters<typeof globalThis.fetch>[0]): string {
  return input instanceof Request ? input.url : String(input);
}
