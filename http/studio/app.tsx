/** The frame around all views: where one is, who one is, and whether the server can be heard. */
import { useSelector } from '@xstate/store-react';
import type { ReactNode } from 'react';
import { ActorView } from './actor/actor-view.tsx';
import { getJson, type MachineItem, type Page } from './api.ts';
import { BoardView } from './board/board-view.tsx';
import { connection, type Sign } from './live.ts';
import { goTo, linkTo, place, type Place, type ViewName } from './place.ts';
import { ProcessView } from './process/process-view.tsx';
import { ReleaseView } from './release/release-view.tsx';
import { claimsOf, session } from './session.ts';
import { SignIn } from './sign-in.tsx';
import { ThemeButton } from './theme.tsx';
import { TroubleView } from './trouble/trouble-view.tsx';
import { useResource } from './use-resource.ts';
import { titled } from './words.ts';

interface ViewAbout {
  readonly title: string;
  /** Whether it is about one kind of actor. */
  readonly isOfKind: boolean;
  readonly show: (at: Place, machines: readonly MachineItem[]) => ReactNode;
}

const views: Readonly<Record<ViewName, ViewAbout>> = {
  process: { title: 'Process', isOfKind: true, show: (at) => <ProcessView at={at} /> },
  actor: {
    title: 'Actors',
    isOfKind: true,
    show: (at, machines) => <ActorView at={at} machines={machines} />,
  },
  board: { title: 'Board', isOfKind: true, show: (at) => <BoardView key={at.machine} at={at} /> },
  trouble: {
    title: 'Trouble',
    isOfKind: false,
    show: (at, machines) => <TroubleView at={at} machines={machines} />,
  },
  release: {
    title: 'Release',
    isOfKind: true,
    show: (at) => <ReleaseView key={at.machine} kind={at.machine} />,
  },
};

export function App() {
  const token = useSelector(session, ({ context }) => context.token);
  return (
    <>
      <a className="skip" href="#main">
        To the content
      </a>
      {token === null ? <SignIn /> : <Signed key={token} token={token} />}
    </>
  );
}

function Signed({ token }: { readonly token: string }) {
  const at = useSelector(place, ({ context }) => context);
  const { value, problem } = useResource('machines', (signal) =>
    getJson<Page<MachineItem>>('/machines', { signal }),
  );
  const machines = value?.items ?? [];
  const { isOfKind, show } = views[at.view];
  const here = { ...at, machine: at.machine === '' ? (machines[0]?.kind ?? '') : at.machine };
  return (
    <>
      <Head at={here} token={token} />
      <div className="body">
        {isOfKind && <Kinds machines={machines} here={here} />}
        <main id="main" tabIndex={-1}>
          {problem !== undefined && value === undefined && <p role="alert">{problem.detail}</p>}
          {here.machine !== '' && show(here, machines)}
        </main>
      </div>
    </>
  );
}

interface KindsProps {
  readonly machines: readonly MachineItem[];
  readonly here: Place;
}

function Kinds({ machines, here }: KindsProps) {
  return (
    <nav aria-label="Kinds of actors" className="kinds">
      <ul>
        {machines.map(({ kind, live }) => (
          <li key={kind}>
            <PlaceLink to={{ view: here.view, machine: kind }} isHere={kind === here.machine}>
              {titled(kind)} {live !== undefined && <small>{live.toLocaleString()}</small>}
            </PlaceLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const signs: Readonly<Record<Sign, string>> = {
  quiet: '',
  connecting: '○ connecting…',
  live: '● live',
  away: '○ the server is away, trying again',
};

function Head({ at, token }: { readonly at: Place; readonly token: string }) {
  const sign = useSelector(connection, ({ context }) => context.sign);
  const { subject, roles } = claimsOf(token);
  return (
    <header>
      <strong className="brand">Waybill Studio</strong>
      <nav aria-label="Views">
        <ul>
          {(Object.keys(views) as ViewName[]).map((view) => (
            <li key={view}>
              <PlaceLink to={{ view, machine: at.machine }} isHere={view === at.view}>
                {views[view].title}
              </PlaceLink>
            </li>
          ))}
        </ul>
      </nav>
      <span role="status" className={`connection ${sign}`}>
        {signs[sign]}
      </span>
      <ThemeButton />
      <span className="who" title={roles.join(', ')}>
        {subject}
      </span>
      <button type="button" onClick={() => session.trigger.signedOut({ notice: null })}>
        Sign out
      </button>
    </header>
  );
}

interface PlaceLinkProps {
  readonly to: Place;
  readonly isHere: boolean;
  readonly children: ReactNode;
}

function PlaceLink({ to, isHere, children }: PlaceLinkProps) {
  return (
    <a
      href={linkTo(to)}
      aria-current={isHere ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        goTo(to);
      }}
    >
      {children}
    </a>
  );
}
