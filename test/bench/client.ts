/**
 * Two clients. `fetch` is what a program in Node has at hand; `lean` writes and reads its socket itself, as little
 * work per request as can be. On a machine that client and servers share, the client's own work counts: a leaner
 * one makes the empty handler look faster than everything that has more to do.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Connection {
  /** One request at a time. */
  request(method: string, path: string, body?: string): Promise<Answer>;
  close(): void;
}

export type ClientKind = 'fetch' | 'lean';

export function open(kind: ClientKind, url: string, token: string): Connection {
  return kind === 'lean' ? new LeanConnection(url, token) : fetching(url, token);
}

/** It opens as many connections as there are requests under way, and keeps them. */
function fetching(url: string, token: string): Connection {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    async request(method, path, body) {
      const answer = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body }) });
      return { status: answer.status, body: await answer.text() };
    },
    close: () => undefined,
  };
}

class LeanConnection implements Connection {
  readonly #socket: Socket;
  readonly #head: string;
  #buffer = '';
  #answer: ((answer: Answer) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  constructor(url: string, token: string) {
    const { hostname, port } = new URL(url);
    this.#head = `HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer ${token}\r\n`;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (chunk) => this.#take(chunk.toString()));
    this.#socket.on('error', (error) => this.#fail?.(error));
    this.#socket.on('close', () => this.#fail?.(new Error('connection closed')));
  }

  request(method: string, path: string, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#fail = reject;
      const rest =
        body === undefined
          ? '\r\n'
          : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      this.#socket.write(`${method} ${path} ${this.#head}${rest}`);
    });
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    this.#buffer += chunk;
    const end = this.#buffer.indexOf('\r\n\r\n');
    if (end === -1) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#buffer.slice(0, end));
    const size = end + 4 + Number(length?.[1] ?? 0);
    if (this.#buffer.length < size) return;
    const answer = { status: Number(this.#buffer.slice(9, 12)), body: this.#buffer.slice(end + 4, size) };
    this.#buffer = this.#buffer.slice(size);
    this.#answer?.(answer);
  }
}
