/** What happened to an actor, newest first, and the way back. */
import type { HistoryItem } from '../api.ts';
import { leavesIn } from '../chart.ts';
import { goTo, type Place } from '../place.ts';
import { time } from '../words.ts';
import type { Stretch } from './stretch.ts';
import type { ActorHistory } from './use-history.ts';

interface Props {
  readonly stretch: Stretch;
  readonly chosen: HistoryItem | undefined;
  readonly here: Place;
  readonly showMore: ActorHistory['showMore'];
}

export function HistoryList({ stretch, chosen, here, showMore }: Props) {
  return (
    <section className="panel history" aria-labelledby="history">
      <h2 id="history">What happened</h2>
      {stretch.hasNewer && (
        <button type="button" onClick={() => showMore('newer')}>
          Show newer
        </button>
      )}
      <ul>
        {stretch.items.toReversed().map((item) => (
          <li
            key={item.sequence}
            className={item.outcome}
            aria-current={item === chosen ? 'step' : undefined}
          >
            <button type="button" className="plain" onClick={() => goTo(placeAt(here, item))}>
              {item.event}
            </button>{' '}
            {item.outcome === 'refused' ? `✕ refused: ${reasonOf(item)}` : stepOf(item)}
            <small>
              {time(item.time)}, {whoOf(item)}
            </small>
          </li>
        ))}
      </ul>
      {stretch.older !== null && (
        <button type="button" onClick={() => showMore('older')}>
          Show older
        </button>
      )}
    </section>
  );
}

export function placeAt(here: Place, item: HistoryItem | undefined): Place {
  const { at: _at, ...rest } = here;
  return item === undefined ? rest : { ...rest, at: String(item.sequence) };
}

/** Where it has come to: of an actor that is in many states at once most stay as they are. */
function stepOf({ from, to }: HistoryItem): string {
  const before = new Set(leavesIn(from));
  const entered = leavesIn(to).filter((leaf) => !before.has(leaf));
  return entered.length === 0 ? '' : `→ ${entered.join(', ')}`;
}

function reasonOf({ reason = '', guards = [] }: HistoryItem): string {
  const words: Readonly<Record<string, string>> = {
    unhandled: 'not in this state',
    guard: `a condition is not met (${guards.join(', ')})`,
    forbidden: 'not for this role',
    stale: 'it had changed before',
    invalid: 'the data do not fit',
    exists: 'it is there already',
  };
  return words[reason] ?? reason;
}

export function whoOf({ principal, source }: HistoryItem): string {
  if (principal !== null) return `by ${principal.subject ?? principal.roles.join(', ')}`;
  if (source.actor !== undefined) return `from ${source.actor}`;
  return source.from === 'timer' ? 'its time had come' : 'an activity had ended';
}
