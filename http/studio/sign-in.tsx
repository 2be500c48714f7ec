/** Who are you? A token is pasted; it stays in this tab. */
import { useSelector } from '@xstate/store-react';
import { useState } from 'react';
import { claimsOf, session } from './session.ts';

export function SignIn() {
  const notice = useSelector(session, ({ context }) => context.notice);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  return (
    <main id="main" className="sign-in">
      <h1>Waybill Studio</h1>
      <p>Orders, payments, parcels and stock as they are right now, each on its chart.</p>
      {notice !== null && <p role="alert">{notice}</p>}
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
    </main>
  );
}
