/**
 * Which version a command is sent for. It is meant for the actor as the person has seen it, so `If-Match` has the
 * version that the page shows. What the page's own commands have brought about since does not count as unseen: the
 * partners' and gateways' answers come soon, with the trace of the command that they go back to. If there was nothing
 * else, the command is sent again for what came of that. Else it is refused, says what the person has not seen,
 * and can be sent again once the page has shown it.
 */
import { ApiError, getHistory, type Attempt, type HistoryItem } from '../api.ts';

/** Of the commands that this page has sent. */
const traces = new Set<string>();

export function newAttempt(body: unknown, version: number): Attempt {
  const id = crypto.randomUUID().replaceAll('-', '');
  const trace = `00-${id}-${id.slice(0, 16)}-00`;
  traces.add(trace);
  return { body, version, key: crypto.randomUUID(), trace };
}

/** How many changes a person may have missed and still be told all of them. */
const changesMost = 50;

/** After a refusal because the actor has changed: the attempt for what it is now. Throws the refusal if that is not to be sent. */
export async function renewed(path: string, { body, version }: Attempt, refusal: ApiError): Promise<Attempt> {
  const { items } = await getHistory(path, { direction: 'desc', limit: changesMost }).catch(() => {
    throw refusal;
  });
  const changes = items.filter((item) => item.outcome === 'accepted' && item.version > version);
  const present = Math.max(version, ...changes.map((change) => change.version));
  const own = new Set(changes.filter(isOwn).map((change) => change.version));
  if (present > version && own.size === present - version) return newAttempt(body, present);
  throw new ApiError({ ...refusal.problem, unseen: changes.filter((change) => !isOwn(change)).reverse() });
}

function isOwn({ trace }: HistoryItem): boolean {
  return trace !== undefined && traces.has(trace);
}
