/** What needs somebody: messages that nobody could handle, and actors that stay longer than meant. */
import { useEffect } from 'react';
import { getJson, type LettersJson, type MachineItem } from '../api.ts';
import type { Place } from '../place.ts';
import { useResource } from '../use-resource.ts';
import { Groups } from './groups.tsx';
import { LetterPanel } from './letter-panel.tsx';
import { Letters } from './letters.tsx';
import { Stuck } from './stuck.tsx';

const againMs = 5_000;

interface Props {
  readonly at: Place;
  readonly machines: readonly MachineItem[];
}

export function TroubleView({ at, machines }: Props) {
  return (
    <>
      <h1>Trouble</h1>
      <Stuck machines={machines} />
      <DeadLetters at={at} />
    </>
  );
}

function DeadLetters({ at }: { readonly at: Place }) {
  const query = at.cause === undefined ? '' : `&cause=${encodeURIComponent(at.cause)}`;
  const all = useResource('dead letters', (signal) =>
    getJson<LettersJson>('/dead-letters?limit=1', { signal }),
  );
  const path = `/dead-letters?limit=50${query}`;
  const chosen = useResource(path, (signal) => getJson<LettersJson>(path, { signal }));
  const { reload: reloadAll } = all;
  const { reload: reloadChosen } = chosen;

  function reload(): void {
    reloadAll();
    reloadChosen();
  }

  useEffect(() => {
    const timer = setInterval(() => {
      reloadAll();
      reloadChosen();
    }, againMs);
    return () => clearInterval(timer);
  }, [reloadAll, reloadChosen]);

  return (
    <section aria-labelledby="letters">
      <h2 id="letters">Messages that nobody could handle</h2>
      <p className="quiet">
        Each is kept with its cause; all else goes on. Once the cause is repaired, it can be sent again.
      </p>
      {all.problem !== undefined && all.value === undefined && <p className="hint">{all.problem.detail}</p>}
      {all.value?.groups.length === 0 && <p className="fine">✓ There are none.</p>}
      {all.value !== undefined && all.value.groups.length > 0 && (
        <Groups groups={all.value.groups} chosen={at.cause} onSettled={reload} />
      )}
      <div className="process">
        {chosen.value !== undefined && <Letters page={chosen.value} at={at} />}
        {at.letter !== undefined && <LetterPanel key={at.letter} id={at.letter} onSettled={reload} />}
      </div>
    </section>
  );
}
