/** Which hosts this process asks over HTTP, as Node itself tells: proof that a test stays on loopback. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

export interface Outgoing {
  readonly hosts: ReadonlySet<string>;
  stop(): void;
}

export function watchOutgoing(): Outgoing {
  const hosts = new Set<string>();
  const note = (message: unknown) => void hosts.add((message as { request: ClientRequest }).request.host);
  subscribe('http.client.request.start', note);
  return { hosts, stop: () => void unsubscribe('http.client.request.start', note) };
}
