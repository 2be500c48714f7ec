/** What the NATS in use promises about a crash. */
import { messageOf } from '../../runtime/errors.ts';
import type { ServerHealth } from '../../runtime/ports.ts';
import type { Link } from './link.ts';
import { streamInfo } from './streams.ts';

/** Never rejects. The name stays the same while the server is away. */
export function createHealth(link: Link, stream: string, replicas: number): () => Promise<ServerHealth> {
  let version = '';
  return async () => {
    version = link.connection.info?.version ?? version;
    const server = {
      name: version === '' ? 'nats-server' : `nats-server ${version}`,
      durability: durabilityText(version, replicas),
      durable: replicas >= 3,
    };
    try {
      const info = await streamInfo(link, stream);
      return info === undefined
        ? { ...server, up: false, why: `stream ${stream} is missing` }
        : { ...server, up: true };
    } catch (error) {
      const why = link.isUp() ? messageOf(error).replace(/^\$JS\S+: /, '') : 'there is no connection';
      return { ...server, up: false, why };
    }
  };
}

function durabilityText(version: string, replicas: number): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const interval =
    major > 2 || (major === 2 && minor >= 10)
      ? 'every 2 minutes unless its sync_interval says otherwise (a client cannot see that)'
      : 'every 2 minutes, which this version cannot be told to change';
  const sync = `it acknowledges once the message is with the operating system and syncs its files ${interval}`;
  if (replicas >= 3) {
    return `${replicas} replicas: a message is on most of them before it is acknowledged, so the crash of one machine loses nothing; on each, ${sync}`;
  }
  return `${replicas === 1 ? '1 replica' : `${replicas} replicas`}: ${sync}; the end of the process loses nothing, a crash of the machine can lose what came since the last sync`;
}
