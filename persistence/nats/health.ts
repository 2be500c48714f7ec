/** What the NATS in use promises about a crash. */
import { messageOf } from '../../runtime/errors.ts';
import type { ServerHealth } from '../../runtime/ports.ts';
import type { Link } from './link.ts';
import { streamInfo } from './streams.ts';

/** Never rejects. */
export async function healthOf(link: Link, stream: string, replicas: number): Promise<ServerHealth> {
  const version = link.connection.info?.version ?? 'of unknown version';
  const name = `nats-server ${version}`;
  const durability = durabilityText(version, replicas);
  const durable = replicas >= 3;
  try {
    const info = await streamInfo(link, stream);
    if (info !== undefined) return { name, up: true, durability, durable };
    return { name, up: false, durability: `stream ${stream} is missing`, durable };
  } catch (error) {
    return { name, up: false, durability: `${durability} (${messageOf(error)})`, durable };
  }
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
