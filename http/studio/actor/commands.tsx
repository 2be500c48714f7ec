/** What this user can do with the actor now: a form for each command that its chart and their role allow. */
import { useState } from 'react';
import type { Machine, View } from '../api.ts';
import { spaced } from '../words.ts';
import { CommandForm } from './command-form.tsx';
import { Rest } from './rest.tsx';

interface Props {
  readonly machine: Machine;
  readonly view: View;
  readonly path: string;
  /** With the view after it, if it was done. */
  readonly onSent: (after: View | undefined) => void;
}

export function Commands({ machine, view, path, onSent }: Props) {
  const [open, setOpen] = useState<string>();
  // What became of a command stays to be read, also where it cannot be sent again by now.
  const isPast = open !== undefined && !view.can.includes(open);
  const shown = isPast ? [...view.can, open] : view.can;
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
        {shown.map((command) => (
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
