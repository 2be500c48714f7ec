/** What one step has changed of what is known of an actor, and why it came. */
import type { HistoryItem } from '../api.ts';
import type { Stretch } from './stretch.ts';

interface Props {
  readonly stretch: Stretch;
  readonly chosen: HistoryItem;
}

export function Differences({ stretch, chosen }: Props) {
  const changes = changesOf(stretch, chosen);
  return (
    <section className="panel" aria-labelledby="changes">
      <h2 id="changes">What {chosen.event} changed</h2>
      {chosen.outcome === 'refused' && <p>Nothing: it was refused.</p>}
      {chosen.outcome === 'accepted' && <None changes={changes} />}
      <dl className="changes">
        {typeof changes === 'object' &&
          changes.map(({ path, from, to }) => (
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

const unknown = {
  notKept: 'It holds so much that what it held is not kept with every step.',
  older: 'What it held before is further back than is shown here: show older entries.',
};

function None({ changes }: { readonly changes: Changes }) {
  if (typeof changes === 'string') return <p className="quiet">{unknown[changes]}</p>;
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

/** Or why nobody can tell: what was before it, or after it, was not kept, or is not loaded. */
type Changes = readonly Change[] | keyof typeof unknown;

function changesOf({ items, older }: Stretch, chosen: HistoryItem): Changes {
  const before = items.findLast(({ sequence, after }) => sequence < chosen.sequence && after !== undefined);
  const since = before?.sequence ?? 0;
  const isUnknown = items.some(
    ({ sequence, afterSize }) => afterSize !== undefined && sequence > since && sequence <= chosen.sequence,
  );
  if (isUnknown) return 'notKept';
  if (before === undefined && older !== null) return 'older';
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
