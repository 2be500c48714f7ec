/** The socket: Node's HTTP server in front of the app, with limits, and closed without cutting anybody off. */
import { createServer, type Server } from 'node:http';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { problemResponse, problems, problemText, type ProblemName } from './problems.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** For the whole of a request to arrive. */
  readonly requestTimeoutMs?: number;
  /** How long `close` waits for answers that are under way. */
  readonly drainMs?: number;
}

export interface Serving {
  readonly url: string;
  /** Answers what has been sent and lets each connection end with its answer, then closes. */
  close(): Promise<void>;
}

const requestTimeoutMs = 30_000;
const drainMs = 10_000;
/** While it drains, idle connections are ended this often: not at once, a request may be on its way. */
const lingerMs = 250;

/** Rejects if the address cannot be had. */
export async function serve(app: Hono, options: ServeOptions): Promise<Serving> {
  const timeout = options.requestTimeoutMs ?? requestTimeoutMs;
  const listener = getRequestListener(app.fetch, { hostname: options.host, errorHandler: unreadable });
  let isClosing = false;
  const server = createServer(
    {
      requestTimeout: timeout,
      headersTimeout: timeout,
      connectionsCheckingInterval: Math.min(timeout, 5_000),
    },
    (incoming, outgoing) => {
      // Tells the client not to send its next request here, where nobody would answer it.
      if (isClosing) outgoing.shouldKeepAlive = false;
      void listener(incoming, outgoing);
    },
  );
  server.on('clientError', answerClientError);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    url: urlOf(server),
    close() {
      isClosing = true;
      return close(server, options.drainMs ?? drainMs);
    },
  };
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/**
 * A connection ends with its next answer, once it has been idle for long enough, or when the time is up. The
 * HTTP server's own `close` would end at once those whose request has not been read yet.
 */
async function close(server: Server, waitMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), lingerMs);
  const late = setTimeout(() => server.closeAllConnections(), waitMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/** A target or a host that makes no URL: Hono never sees it. */
function unreadable(): Response {
  return problemResponse(
    { name: 'malformed', detail: 'the request target or the Host header makes no URL' },
    '/',
  );
}

const parserProblems: Readonly<Record<string, ProblemName>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
};

/** What Node's parser refuses has no request to answer, only a socket. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const begun =
    (socket as Socket & { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent === true;
  if (error.code === 'ECONNRESET' || !socket.writable || begun) {
    socket.destroy();
    return;
  }
  const name = parserProblems[error.code ?? ''] ?? 'malformed';
  const { status, title } = problems[name];
  const body = problemText({ name, detail: title });
  socket.end(
    `HTTP/1.1 ${status} ${title.replace(/[^\x20-\x7e]/g, '')}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
