/**
 * How structured values are stored: a head in JSON, a line feed (which JSON never contains), and the bodies
 * as they are. The bodies are the bulk of it, and are neither escaped nor parsed on their way.
 */
import type { ChannelEntry, Commit, DueTimer, PendingActivity, Publication } from '../../runtime/ports.ts';

type Held = Commit['addHeld'][number];

const widths = { channel: 6, number: 16 };

/** Members of the outbox sort by channel and number because both have leading zeros. */
export function outboxMember({ channel, number, body }: ChannelEntry): string {
  return `${outboxPrefix(channel, number)}\n${body}`;
}

export function outboxPrefix(channel: number, number: number): string {
  return `${String(channel).padStart(widths.channel, '0')}:${String(number).padStart(widths.number, '0')}`;
}

export function parseOutboxMember(member: string): ChannelEntry {
  const [head, body] = split(member);
  return {
    channel: Number(head.slice(0, widths.channel)),
    number: Number(head.slice(widths.channel + 1)),
    body,
  };
}

const chartPrefix = 'chart.';

/** In the partition's own hash. */
export function chartField(kind: string): string {
  return chartPrefix + kind;
}

/** Of all fields of that hash. */
export function parseCharts(meta: ReadonlyMap<string, string>): Record<string, number> {
  const charts = [...meta].filter(([field]) => field.startsWith(chartPrefix));
  return Object.fromEntries(
    charts.map(([field, version]) => [field.slice(chartPrefix.length), Number(version)]),
  );
}

export function heldField({ channel, number }: { channel: number; number: number }): string {
  return `${channel}:${number}`;
}

export function frameHeld({ id, time, body }: Held): string {
  return `${JSON.stringify([id, time])}\n${body}`;
}

export function parseHeld(field: string, frame: string): Held {
  const [head, body] = split(frame);
  const [id, time] = JSON.parse(head) as [string, number];
  const [channel, number] = field.split(':');
  return { channel: Number(channel), number: Number(number), body, id, time };
}

export function frameActivity({ key, activity, source, startedAt, input }: PendingActivity): string {
  return `${JSON.stringify([key, activity, source, startedAt])}\n${input}`;
}

export function parseActivity(token: string, frame: string): PendingActivity {
  const [head, input] = split(frame);
  const [key, activity, source, startedAt] = JSON.parse(head) as [string, string, string, number];
  return { key, activity, source, token, startedAt, input };
}

export function frameTimer({ key, timer, at }: DueTimer): string {
  return JSON.stringify([key, timer, at]);
}

export function parseTimer(token: string, frame: string): DueTimer {
  const [key, timer, at] = JSON.parse(frame) as [string, string, number];
  return { key, timer, at, token };
}

type PublicationHead = [log: Publication['log'], kind: string, to: string, id: string, bodyLength: number];

export function framePublications(publications: readonly Publication[]): string {
  const heads: PublicationHead[] = [];
  let bodies = '';
  for (const { log, to, id, body } of publications) {
    heads.push([log, to.kind, to.id, id, body.length]);
    bodies += body;
  }
  return `${JSON.stringify(heads)}\n${bodies}`;
}

export function parsePublications(frame: string): Publication[] {
  const [head, bodies] = split(frame);
  let from = 0;
  return (JSON.parse(head) as PublicationHead[]).map(([log, kind, to, id, length]) => {
    const body = bodies.slice(from, from + length);
    from += length;
    return { log, to: { kind, id: to }, id, body };
  });
}

function split(frame: string): [head: string, body: string] {
  const end = frame.indexOf('\n');
  return [frame.slice(0, end), frame.slice(end + 1)];
}
