/** Sending again or discarding, with the reason that is kept with the decision. */
import { useMachine } from '@xstate/react';
import { useId, useState } from 'react';
import { ApiError } from '../api.ts';
import { sending } from '../actor/sending.machine.ts';
import { count } from '../words.ts';

export interface Decision {
  readonly how: 'redrive' | 'discard';
  readonly reason: string;
}

interface Props {
  /** False where the message cannot be read. */
  readonly canRedrive: boolean;
  readonly canDiscard?: boolean;
  readonly many?: number;
  readonly onDecide: (decision: Decision) => Promise<void>;
}

export function Decide({ canRedrive, canDiscard = true, many, onDecide }: Props) {
  const [reason, setReason] = useState('');
  const id = useId();
  const [state, send] = useMachine(sending, {
    input: { post: (attempt: unknown) => onDecide(attempt as Decision) },
  });
  const { error } = state.context;
  const all = many === undefined ? '' : ` all ${count(many)}`;
  const isSending = state.matches('sending');

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const { submitter } = event.nativeEvent;
        const how =
          submitter instanceof HTMLButtonElement && submitter.value === 'discard' ? 'discard' : 'redrive';
        send({ type: 'send', attempt: { how, reason } });
      }}
    >
      <div className="field">
        <label htmlFor={id}>reason</label>
        <input
          id={id}
          required
          maxLength={500}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
        />
        <small>It is kept with who has decided.</small>
      </div>
      <div className="buttons">
        {canRedrive && (
          <button type="submit" value="redrive" className="primary" disabled={isSending}>
            Send{all} again
          </button>
        )}
        {canDiscard && (
          <button type="submit" value="discard" disabled={isSending}>
            Discard{all}
          </button>
        )}
      </div>
      {(state.matches('refused') || state.matches('unanswered')) && (
        <p role="alert" className="refusal">
          {state.matches('unanswered') && 'Nobody knows whether it was done. '}
          {error instanceof ApiError ? error.problem.detail : 'It could not be done.'}
        </p>
      )}
    </form>
  );
}
