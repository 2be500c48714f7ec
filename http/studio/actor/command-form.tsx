/** The form of one command, and what came of sending it. */
import { useMachine } from '@xstate/react';
import { useState } from 'react';
import { ApiError, sendCommand, type Attempt, type Machine, type Problem, type View } from '../api.ts';
import { spaced } from '../words.ts';
import { Fields } from './field.tsx';
import { whoOf } from './history-list.tsx';
import { emptyOf } from './schema.ts';
import { newAttempt, renewed } from './seen.ts';
import { sending } from './sending.machine.ts';

interface Props {
  readonly machine: Machine;
  readonly view: View;
  readonly path: string;
  readonly command: string;
  /** With the view after it, if it was done. */
  readonly onSent: (after: View | undefined) => void;
  readonly onClose: () => void;
}

export function CommandForm({ machine, view, path, command, onSent, onClose }: Props) {
  const about = Object.values(machine.events).find((event) => event.command === command);
  const schema = about?.schema ?? {};
  const [payload, setPayload] = useState<unknown>(() => emptyOf(schema));
  const [state, send] = useMachine(sending, {
    input: {
      async post(attempt: unknown) {
        let after: View | undefined;
        try {
          after = await sendCommand(`${path}/${command}`, attempt as Attempt);
          setPayload(emptyOf(schema));
        } finally {
          onSent(after);
        }
      },
      renew: (attempt: unknown, refusal: ApiError) => renewed(path, attempt as Attempt, refusal),
    },
  });
  const isRepeat = state.matches('unanswered') && isSame(state.context.attempt, payload);

  function submit(): void {
    if (isRepeat) send({ type: 'repeat' });
    else send({ type: 'send', attempt: newAttempt(payload, view.version) });
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {about?.description !== undefined && <p>{about.description}</p>}
      <Fields schema={schema} payload={payload} onChange={setPayload} />
      <div className="buttons">
        <button type="submit" className="primary" disabled={state.matches('sending')}>
          {state.matches('sending') ? 'Sending…' : `${isRepeat ? 'Repeat' : 'Send'} ${spaced(command)}`}
        </button>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      <Outcome
        of={typeof state.value === 'string' ? state.value : 'sending'}
        problem={problemIn(state.context.error)}
      />
    </form>
  );
}

function isSame(attempt: unknown, payload: unknown): boolean {
  return JSON.stringify((attempt as Attempt).body) === JSON.stringify(payload);
}

function problemIn(error: unknown): Problem | undefined {
  return error instanceof ApiError ? error.problem : undefined;
}

interface OutcomeProps {
  readonly of: string;
  readonly problem: Problem | undefined;
}

function Outcome({ of, problem }: OutcomeProps) {
  return (
    <>
      <p role="status">{of === 'accepted' && 'Done.'}</p>
      {of === 'refused' && <Refusal problem={problem} />}
      {of === 'unanswered' && <Unanswered problem={problem} />}
    </>
  );
}

function Unanswered({ problem }: { readonly problem: Problem | undefined }) {
  return (
    <div role="alert" className="refusal">
      <p>
        <strong>{whatIsKnown(problem)}.</strong> {problem?.detail}
      </p>
      <p>Repeated as it is, it is done once.</p>
    </div>
  );
}

function whatIsKnown(problem: Problem | undefined): string {
  if (problem?.type === '/problems/unavailable') return 'It was not sent';
  return problem?.status === 202 ? 'Not done yet' : 'Nobody knows whether it was done';
}

function Refusal({ problem }: { readonly problem: Problem | undefined }) {
  return (
    <div role="alert" className="refusal">
      <p>
        <strong>{problem?.title ?? 'It could not be sent'}.</strong>{' '}
        {problem?.unseen === undefined ? problem?.detail : 'Send it again if it is still right.'}
      </p>
      <ul>
        {problem?.errors?.map(({ pointer, message }) => (
          <li key={pointer}>
            {pointer.slice(1)}: {message}
          </li>
        ))}
      </ul>
      <Unseen changes={problem?.unseen} />
    </div>
  );
}

function Unseen({ changes }: { readonly changes: Problem['unseen'] }) {
  if (changes === undefined || changes.length === 0) return null;
  return (
    <>
      <p>This had not been shown here when it was sent:</p>
      <ul>
        {changes.map((change) => (
          <li key={change.sequence}>
            {change.event} {whoOf(change)}
          </li>
        ))}
      </ul>
    </>
  );
}
