/** What one step has changed of what is known of an actor, and why it came. */
import type { HistoryItem } from '../api.ts';

interface Props {
  readonly items: readonly HistoryItem[];
  readonly chosen: HistoryItem;
}

export function Differences({ items, chosen }: Props) {
  const changes = changesOf(items, chosen);
  return (
    <section className="panel" aria-labelledby="changes">
      <h2 id="changes">What {chosen.event} changed</h2>
      {chosen.outcome === 'refused' && <p>Nothing: it was refused.</p>}
      {chosen.outcome === 'accepted' && <None changes={changes} />}
      <dl className="changes">
        {changes?.map(({ path, from, to }) => (
          <div key={path}>
            <dt>{path}</dt>
            <dd>
              {from !== undefined && <del>{from}</del>} {to !== undefined && <ins>{to}</ins>}
            </dd>
          </div>
        ))}
      </dl>
      <Sent item={chosen} />
      <h3>Cause</h3>
      {chosen.cause !== undefined && <p className="code">{chosen.cause}</p>}
    </section>
  );
}

function None({ changes }: { readonly changes: readonly Change[] | undefined }) {
  if (changes === undefined) {
    return <p className="quiet">It holds so much that what it held is not kept with every step.</p>;
  }
  return changes.length === 0 ? <p className="quiet">Nothing of what is shown.</p> : null;
}

function Sent({ item: { sent = [], sentMore } }: { readonly item: HistoryItem }) {
  if (sent.length === 0) return null;
  return (
    <>
      <h3>It sent</h3>
      <ul>
        {sent.map(({ to, event }, index) => (
          <li key={index}>
            {event} to {to}
          </li>
        ))}
        {sentMore !== undefined && <li>and {sentMore} more</li>}
      </ul>
    </>
  );
}

/** Undefined: what was before it, or after it, was not kept. */
function changesOf(items: readonly HistoryItem[], chosen: HistoryItem): readonly Change[] | undefined {
  const before = items.findLast(({ sequence, after }) => sequence < chosen.sequence && after !== undefined);
  const since = before?.sequence ?? 0;
  const isUnknown = items.some(
    ({ sequence, afterSize }) => afterSize !== undefined && sequence > since && sequence <= chosen.sequence,
  );
  if (isUnknown) return undefined;
  return chosen.after === undefined ? [] : differences(before?.after, chosen.after);
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
