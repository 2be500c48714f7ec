/** One dead letter: why, what it says, what would come of it now, and what is to be done. */
import { useState } from 'react';
import { ApiError, getJson, request, type LetterJson, type Problem, type Rehearsed } from '../api.ts';
import { Result } from '../actor/what-if.tsx';
import { useResource } from '../use-resource.ts';
import { time } from '../words.ts';
import { Decide, type Decision } from './decide.tsx';

interface Props {
  readonly id: string;
  readonly onSettled: () => void;
}

type Whole = LetterJson & { readonly message: unknown };

export function LetterPanel({ id, onSettled }: Props) {
  const path = `/dead-letters/${encodeURIComponent(id)}`;
  const { value, problem, reload } = useResource(path, (signal) => getJson<Whole>(path, { signal }));
  async function decide({ how, reason }: Decision): Promise<void> {
    await request(`${path}/${how}`, { method: 'POST', body: { reason } });
    reload();
    onSettled();
  }

  if (value === undefined) return problem === undefined ? null : <p role="alert">{problem.detail}</p>;
  const { event, cause, status, settled, message } = value;
  return (
    <aside className="panel" aria-label="The letter">
      <h2>{event ?? 'A message that cannot be read'}</h2>
      <p>{cause}</p>
      <p className="quiet">
        <code>{id}</code>
      </p>
      <details>
        <summary>What it says</summary>
        <pre tabIndex={0}>{typeof message === 'string' ? message : JSON.stringify(message, null, 2)}</pre>
      </details>
      {event !== null && status === 'open' && <Rehearsal path={path} />}
      {settled !== null && <p role="status">{settledWords(status, settled)}</p>}
      {status !== 'redriven' && (
        <Decide canRedrive={event !== null} canDiscard={status === 'open'} onDecide={decide} />
      )}
    </aside>
  );
}

/** Asked for, and not before: it is read anew each time. */
function Rehearsal({ path }: { readonly path: string }) {
  const [rehearsed, setRehearsed] = useState<Rehearsed | Problem>();

  async function rehearse(): Promise<void> {
    setRehearsed(
      await request(`${path}/rehearse`, { method: 'POST', body: {} }).then(
        async (answer) => (await answer.json()) as Rehearsed,
        (error: unknown) => {
          if (error instanceof ApiError) return error.problem;
          throw error;
        },
      ),
    );
  }

  return (
    <>
      <p>
        <button type="button" onClick={() => void rehearse()}>
          What would come of it now?
        </button>
      </p>
      <div aria-live="polite">{rehearsed !== undefined && <Result of={rehearsed} />}</div>
    </>
  );
}

type Settled = NonNullable<LetterJson['settled']>;

function settledWords(status: LetterJson['status'], { by, at, reason, end }: Settled): string {
  const what = status === 'redriven' ? 'Sent again' : 'Discarded';
  return `${what} by ${by} on ${time(at)}: ${reason}. ${end === null ? '' : endWords(end)}`;
}

function endWords(end: NonNullable<Settled['end']>): string {
  switch (end.outcome) {
    case 'accepted':
      return 'It was done.';
    case 'refused':
      return `It was refused: ${end.guards?.join(', ') ?? end.reason}.`;
    case 'outlived':
      return 'Nobody waits for it any more.';
    case 'dead':
      return `It failed again: ${end.cause}.`;
  }
}
