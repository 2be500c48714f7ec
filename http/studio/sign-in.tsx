/** Who are you? One signs in where the server says, or pastes a token; it stays in this tab. */
import { useSelector } from '@xstate/store-react';
import { useEffect, useState } from 'react';
import { ApiError, getJson, request, type SignedIn, type StudioSettings } from './api.ts';
import { moveTo, placeOf } from './place.ts';
import { claimsOf, session } from './session.ts';
import { useResource } from './use-resource.ts';

export function SignIn() {
  const notice = useSelector(session, ({ context }) => context.notice);
  const { value: settings } = useResource('settings', (signal) =>
    getJson<StudioSettings>('/studio/settings', { signal }),
  );
  const [isReturning] = useState(() => location.pathname.endsWith('/signed-in'));
  return (
    <main id="main" className="sign-in">
      <h1>Waybill Studio</h1>
      <p>Orders, payments, parcels and stock as they are right now, each on its chart.</p>
      {notice !== null && <p role="alert">{notice}</p>}
      {isReturning && <Returning />}
      {typeof settings?.issuer === 'string' && (
        <p>
          <a className="button primary" href={`/studio/sign-in?to=${encodeURIComponent(wantedPlace())}`}>
            Sign in at {new URL(settings.issuer).host}
          </a>
        </p>
      )}
      {settings?.issuer === null && <TokenForm />}
    </main>
  );
}

function wantedPlace(): string {
  return location.pathname.endsWith('/signed-in') ? '' : location.search;
}

/** Back from the provider, with what it has put into the address. */
function Returning() {
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const { search } = location;
    // Asked once: a code is good for one time. Nothing of it stays in the address.
    history.replaceState(null, '', '/studio');
    request('/studio/token', { method: 'POST', body: { search } })
      .then(async (answer) => {
        const { token, to } = (await answer.json()) as SignedIn;
        moveTo(placeOf(to));
        session.trigger.signedIn({ token });
      })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        setProblem(error.problem.detail);
      });
  }, []);
  return problem === '' ? <p role="status">Signing in…</p> : <p role="alert">{problem}</p>;
}

function TokenForm() {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const token = text.trim().replace(/^(export )?TOKEN=|^Bearer /, '');
        if (claimsOf(token).subject === '')
          setProblem('This is no token: it has three parts with dots between, and says who you are.');
        else session.trigger.signedIn({ token });
      }}
    >
      <label htmlFor="token">Token</label>
      <textarea
        id="token"
        rows={4}
        required
        autoComplete="off"
        spellCheck={false}
        value={text}
        aria-describedby="token-hint"
        onChange={({ target }) => setText(target.value)}
      />
      <small id="token-hint">
        A development server prints one when it starts. It is kept in this tab only.
      </small>
      {problem !== '' && <p role="alert">{problem}</p>}
      <button type="submit" className="primary">
        Sign in
      </button>
    </form>
  );
}
