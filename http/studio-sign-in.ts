/**
 * Signing in to Studio at an OpenID provider, by code with PKCE (RFC 6749, 7636). The provider is asked from
 * here, so that the page talks to no other address; the page keeps nothing but the access token.
 */
import type { Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import * as oauth from 'oauth4webapi';
import { z } from 'zod';
import { RetryableError, messageOf } from '../runtime/errors.ts';
import { readBody, validate } from './body.ts';
import { byMethod, jsonResponse, reading, senderOf, type Edge } from './edge.ts';
import { ProblemError } from './problems.ts';

export interface SignInOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Where the provider asks for one. */
  readonly clientSecret?: string;
  /** `openid` and whatever makes the provider put the roles into the access token. */
  readonly scope: string;
  /** Further parameters of the request, such as `audience` or `resource`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** How browsers reach this server: `https://waybill.example`. */
  readonly publicUrl: string;
}

/** `GET /studio/settings` */
export interface StudioSettings {
  /** Null: a token is pasted. */
  readonly issuer: string | null;
}

/** `POST /studio/token` */
export interface SignedIn {
  readonly token: string;
  /** Where in the page one wanted to go. */
  readonly to: string;
}

export function addSignIn(app: Hono, edge: Edge, options: SignInOptions | undefined): void {
  const settings: StudioSettings = { issuer: options?.issuer ?? null };
  app.all(
    '/studio/settings',
    reading(() => jsonResponse(settings)),
  );
  if (options === undefined) return;
  const provider = createProvider(options);
  app.all(
    '/studio/sign-in',
    reading((c) => leave(c, options, provider)),
  );
  app.all('/studio/token', (c) => byMethod(c, { POST: () => comeBack(edge, c, { options, provider }) }));
}

const cookieName = 'waybill-sign-in';
/** How long somebody may take at the provider. */
const patienceS = 600;
const under = z.strictObject({ state: z.string(), verifier: z.string(), to: z.string() });

/** To the provider. What it takes to come back is in a cookie that the page cannot read. */
async function leave(c: Context, options: SignInOptions, provider: Provider): Promise<Response> {
  const server = await provider.server();
  if (server.authorization_endpoint === undefined) throw away(options, 'it names no authorization_endpoint');
  const state = oauth.generateRandomState();
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(server.authorization_endpoint);
  const parameters = {
    ...options.parameters,
    client_id: options.clientId,
    redirect_uri: redirectOf(options),
    response_type: 'code',
    scope: options.scope,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const isSecure = options.publicUrl.startsWith('https:');
  setCookie(c, cookieName, encode({ state, verifier, to: placeIn(c.req.query('to')) }), {
    ...{ path: '/studio', httpOnly: true, secure: isSecure, sameSite: 'Lax', maxAge: patienceS },
  });
  return c.redirect(url.href);
}

const returned = z.strictObject({ search: z.string().max(10_000) });

/** With what the provider has put into the address. */
async function comeBack(
  edge: Edge,
  c: Context,
  { options, provider }: { options: SignInOptions; provider: Provider },
): Promise<Response> {
  const { search } = validate(returned, await readBody(senderOf(c), edge.limits)) as z.output<
    typeof returned
  >;
  const known = under.safeParse(decode(getCookie(c, cookieName)));
  if (!known.success) throw refused('it was not begun in this browser, or longer than ten minutes ago');
  const { state, verifier, to } = known.data;
  const token = await provider.exchange(new URLSearchParams(search), { state, verifier });
  setCookie(c, cookieName, '', { path: '/studio', maxAge: 0 });
  const answer: SignedIn = { token, to };
  edge.logger.info({ issuer: options.issuer }, 'somebody has signed in');
  return c.json(answer, 200, { 'cache-control': 'no-store' });
}

interface Provider {
  /** What it says of itself. Throws `unavailable`. */
  server(): Promise<oauth.AuthorizationServer>;
  /** The access token. Throws `unauthenticated` or `unavailable`. */
  exchange(given: URLSearchParams, under: { state: string; verifier: string }): Promise<string>;
}

function createProvider(options: SignInOptions): Provider {
  const issuer = new URL(options.issuer);
  const client: oauth.Client = { client_id: options.clientId };
  const { clientSecret } = options;
  const proof = clientSecret === undefined ? oauth.None() : oauth.ClientSecretPost(clientSecret);
  // Only where the configuration itself says http, as on one's own machine.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is marked so that nobody uses it elsewhere
  const requests = { [oauth.allowInsecureRequests]: issuer.protocol === 'http:' };
  let known: Promise<oauth.AuthorizationServer> | undefined;

  async function discover(): Promise<oauth.AuthorizationServer> {
    const answer = await oauth.discoveryRequest(issuer, requests);
    return oauth.processDiscoveryResponse(issuer, answer);
  }

  async function server(): Promise<oauth.AuthorizationServer> {
    known ??= discover();
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw away(options, messageOf(error));
    }
  }

  return {
    server,
    async exchange(given, { state, verifier }) {
      const at = await server();
      try {
        const checked = oauth.validateAuthResponse(at, client, given, state);
        const redirect = redirectOf(options);
        const answer = await oauth.authorizationCodeGrantRequest(
          at,
          client,
          proof,
          checked,
          redirect,
          verifier,
          requests,
        );
        return (await oauth.processAuthorizationCodeResponse(at, client, answer)).access_token;
      } catch (error) {
        if (error instanceof TypeError) throw away(options, messageOf(error));
        throw refused(reasonOf(error));
      }
    },
  };
}

function reasonOf(error: unknown): string {
  const { error_description: about } = error as { error_description?: unknown };
  return typeof about === 'string' ? about : messageOf(error);
}

function redirectOf({ publicUrl }: SignInOptions): string {
  return new URL('/studio/signed-in', publicUrl).href;
}

function away({ issuer }: SignInOptions, why: string): RetryableError {
  return new RetryableError(`${issuer} cannot be asked: ${why}`, { effect: 'none' });
}

function refused(why: string): ProblemError {
  return new ProblemError({ name: 'unauthenticated', detail: `the signing in has failed: ${why}` });
}

/** Only a place in the page: never another address. */
function placeIn(to: string | undefined): string {
  return to !== undefined && /^\?[^\s\\]{0,1500}$/.test(to) ? to : '';
}

function encode(value: z.output<typeof under>): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(text: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(text ?? '', 'base64url').toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
