/** Who is signed in: a token, for this tab alone, and never in an address. */
import { createStore } from '@xstate/store';

export interface Session {
  readonly token: string | null;
  /** Why one has to sign in again. */
  readonly notice: string | null;
}

const key = 'waybill.token';

function emptySession(): Session {
  return { token: sessionStorage.getItem(key), notice: null };
}

export const session = createStore({
  context: emptySession(),
  on: {
    signedIn: (_, { token }: { token: string }): Session => ({ token, notice: null }),
    signedOut: (_, { notice }: { notice: string | null }): Session => ({ token: null, notice }),
  },
});

session.subscribe(({ context: { token } }) => {
  if (token === null) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, token);
});

/** What the token says of its bearer. Not checked here: the server does. */
export function claimsOf(token: string | null): { subject: string; roles: readonly string[] } {
  try {
    const [, payload = ''] = (token ?? '').split('.');
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (sign) =>
      sign.charCodeAt(0),
    );
    const { sub, roles } = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown; roles?: unknown };
    return {
      subject: typeof sub === 'string' ? sub : '',
      roles: Array.isArray(roles) ? roles.map(String) : [],
    };
  } catch {
    return { subject: '', roles: [] };
  }
}
