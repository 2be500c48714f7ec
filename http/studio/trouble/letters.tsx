/** The open letters, newest first. */
import type { LettersJson } from '../api.ts';
import { goTo, type Place } from '../place.ts';
import { ActorLink } from '../process/actors-in.tsx';
import { time, titled } from '../words.ts';

export function Letters({ page, at }: { readonly page: LettersJson; readonly at: Place }) {
  if (page.items.length === 0) return null;
  return (
    <div className="letters">
      {at.cause !== undefined && (
        <p>
          <button type="button" onClick={() => goTo({ view: 'trouble', machine: '' })}>
            Show all causes
          </button>
        </p>
      )}
      <ul className="actors">
        {page.items.map(({ id, at: when, kind, actor, event }) => (
          <li key={id} aria-current={id === at.letter ? 'true' : undefined}>
            <button type="button" className="plain" onClick={() => goTo({ ...at, letter: id })}>
              {event ?? 'unreadable'}
            </button>{' '}
            for {titled(kind)} <ActorLink kind={kind} id={actor} /> <small>{time(when)}</small>
          </li>
        ))}
      </ul>
      {page.next !== null && <p className="quiet">There are more; these are the newest.</p>}
    </div>
  );
}
