/** HTTP to a running Waybill, over connections that are kept. */
import { Agent, request as requestPlain, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  /** Lower case. */
  readonly headers: IncomingMessage['headers'];
  /** Undefined where it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

export interface Client {
  /** Rejects where there was no whole answer; whether anything was done is not known then. */
  get(path: string): Promise<Answer>;
  post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<Answer>;
  close(): void;
}

interface ClientOptions {
  /** A path in it is kept. */
  readonly url: string;
  readonly token: string;
  readonly atOnce: number;
}

/** A server answers within 5 s if only that it does not know yet; silence for longer means a lost connection. */
const timeoutMs = 30_000;

export function createClient({ url, token, atOnce }: ClientOptions): Client {
  const isSecure = url.startsWith('https:');
  const agentOptions = { keepAlive: true, maxSockets: atOnce };
  const agent = isSecure ? new SecureAgent(agentOptions) : new Agent(agentOptions);
  const request = isSecure ? requestSecure : requestPlain;
  const base = url.replace(/\/+$/, '');

  function send(path: string, options: { method: string; headers: Record<string, string> }, body = '') {
    return new Promise<Answer>((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const headers = { ...options.headers, authorization: `Bearer ${token}` };
      const outgoing = request(`${base}${path}`, { ...options, headers, agent, signal }, (incoming) => {
        readAnswer(incoming).then(resolve, reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  return {
    get: (path) => send(path, { method: 'GET', headers: {} }),
    post(path, body, headers) {
      const length = String(Buffer.byteLength(body));
      const all = { ...headers, 'content-type': 'application/json', 'content-length': length };
      return send(path, { method: 'POST', headers: all }, body);
    },
    close: () => agent.destroy(),
  };
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const body = await text(incoming);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: objectOf(body) };
}

function objectOf(body: string): Answer['body'] {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Answer['body']) : undefined;
  } catch {
    return undefined;
  }
}
