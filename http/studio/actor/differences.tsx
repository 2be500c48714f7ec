/** What one step has changed of what is known of an actor, and why it came. */
import type { HistoryItem } from '../api.ts';

interface Props {
  readonly items: readonly HistoryItem[];
  readonly chosen: HistoryItem;
}

export function Differences({ items, chosen }: Props) {
  const before = items.findLast(
    ({ sequence, after }) => sequence < chosen.sequence && after !== undefined,
  )?.after;
  const changes = chosen.after === undefined ? [] : differences(before, chosen.after);
  return (
    <section className="panel" aria-labelledby="changes">
      <h2 id="changes">What {chosen.event} changed</h2>
      {chosen.outcome === 'refused' && <p>Nothing: it was refused.</p>}
      {chosen.outcome === 'accepted' && changes.length === 0 && (
        <p className="quiet">Nothing of what is shown.</p>
      )}
      <dl className="changes">
        {changes.map(({ path, from, to }) => (
          <div key={path}>
            <dt>{path}</dt>
            <dd>
              {from !== undefined && <del>{from}</del>} {to !== undefined && <ins>{to}</ins>}
            </dd>
          </div>
        ))}
      </dl>
      {(chosen.sent ?? []).length > 0 && (
        <>
          <h3>It sent</h3>
          <ul>
            {chosen.sent?.map(({ to, event }, index) => (
              <li key={index}>
                {event} to {to}
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Cause</h3>
      {chosen.cause !== undefined && <p className="code">{chosen.cause}</p>}
    </section>
  );
}

interface Change {
  readonly path: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

function differences(before: unknown, after: unknown): Change[] {
  const from = flat(before);
  const to = flat(after);
  return [...new Set([...from.keys(), ...to.keys()])]
    .filter((path) => from.get(path) !== to.get(path))
    .map((path) => ({ path, from: from.get(path), to: to.get(path) }));
}

/** Leaves by their path: `lines.0.shipped`. */
function flat(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, below] of Object.entries(value)) flat(below, path === '' ? key : `${path}.${key}`, into);
  } else if (value !== undefined && path !== '')
    into.set(path, value === null ? 'none' : (value as string | number | boolean).toString());
  return into;
}
