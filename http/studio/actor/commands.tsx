/** What this user can do with the actor now: a form for each command that its chart and their role allow. */
import { useMachine } from '@xstate/react';
import { useState } from 'react';
import { ApiError, request, type Machine, type Problem, type View } from '../api.ts';
import { spaced } from '../words.ts';
import { Field } from './field.tsx';
import { emptyOf } from './schema.ts';
import { Rest } from './rest.tsx';
import { sending } from './sending.machine.ts';

interface Props {
  readonly machine: Machine;
  readonly view: View;
  readonly path: string;
  readonly onSent: () => void;
}

export function Commands({ machine, view, path, onSent }: Props) {
  const [open, setOpen] = useState<string>();
  return (
    <section className="panel" aria-labelledby="commands">
      <h2 id="commands">What can be done now</h2>
      {view.can.length === 0 && (
        <p className="quiet">
          {view.status === 'done'
            ? 'Nothing: it has come to its end.'
            : 'Nothing by you: it waits for others, or your role may not.'}
        </p>
      )}
      <ul className="commands">
        {view.can.map((command) => (
          <li key={command}>
            <button
              type="button"
              aria-expanded={open === command}
              onClick={() => setOpen(open === command ? undefined : command)}
            >
              {spaced(command)}
            </button>
            {open === command && (
              <CommandForm
                {...{ machine, view, path, command }}
                onSent={onSent}
                onClose={() => setOpen(undefined)}
              />
            )}
          </li>
        ))}
      </ul>
      <Rest machine={machine} view={view} path={path} />
    </section>
  );
}

interface FormProps extends Props {
  readonly command: string;
  readonly onClose: () => void;
}

function CommandForm({ machine, view, path, command, onSent, onClose }: FormProps) {
  const about = Object.values(machine.events).find((event) => event.command === command);
  const schema = about?.schema ?? {};
  const [payload, setPayload] = useState<unknown>(() => emptyOf(schema));
  // One key for one intention: sent twice, it is done once.
  const [key] = useState(() => crypto.randomUUID());
  const [state, send] = useMachine(sending, {
    input: {
      async post(body: unknown) {
        await request(`${path}/${command}`, {
          method: 'POST',
          body,
          headers: { 'if-match': `"${view.version}"`, 'idempotency-key': key },
        });
        onSent();
      },
    },
  });
  const problem = state.context.error instanceof ApiError ? state.context.error.problem : undefined;

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send({ type: 'send', body: payload });
      }}
    >
      {about?.description !== undefined && <p>{about.description}</p>}
      {Object.entries(schema.properties ?? {}).map(([name, property]) => (
        <Field
          key={name}
          name={name}
          schema={property}
          isRequired={schema.required?.includes(name) === true}
          value={(payload as Record<string, unknown>)[name]}
          onChange={(value) => setPayload({ ...(payload as object), [name]: value })}
        />
      ))}
      <div className="buttons">
        <button type="submit" className="primary" disabled={state.matches('sending')}>
          {state.matches('sending') ? 'Sending…' : `Send ${spaced(command)}`}
        </button>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      <p role="status">{state.matches('accepted') && 'Done.'}</p>
      {state.matches('refused') && <Refusal problem={problem} />}
    </form>
  );
}

function Refusal({ problem }: { readonly problem: Problem | undefined }) {
  return (
    <div role="alert" className="refusal">
      <p>
        <strong>{problem?.title ?? 'It could not be sent'}.</strong> {problem?.detail}
      </p>
      <ul>
        {problem?.errors?.map(({ pointer, message }) => (
          <li key={pointer}>
            {pointer.slice(1)}: {message}
          </li>
        ))}
      </ul>
      {problem?.allowed !== undefined && problem.allowed.length > 0 && (
        <p>It would take: {problem.allowed.join(', ')}.</p>
      )}
    </div>
  );
}
