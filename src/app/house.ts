import { isIPv6 } from 'node:net';
import type { Config } from '../config';
import type { ConfiguredUser, DialPlan } from '../policy';
import type { Route, Routing, Topology } from '../sip';

/*
 * The configuration as the rooms read it. Rooms do not know the configuration: each says what it
 * needs, and this page hands it over.
 */

/** Who may call and where calls go. */
export function routingOf({ peers, routes, users }: Config): Routing {
  return {
    peers: peers.map(({ name, addresses, target, trunk, srtp }) => ({
      name,
      addresses,
      target: target?.uri,
      trunk,
      srtp,
    })),
    routes: routes.map(
      ({ from, to, rewrite, targets, timeoutSeconds, redirects }): Route => ({
        from,
        to: to.regex,
        rewrite: rewrite ?? undefined,
        targets,
        ringMs: timeoutSeconds * 1000,
        redirects,
      }),
    ),
    contacts: users.flatMap(({ contact, ...user }) =>
      contact === null ? [] : [{ ...known(user), contact: contact.uri }],
    ),
  };
}

/** Who is recorded. */
export function usersOf({ users }: Config): ConfiguredUser[] {
  return users.map(({ name, mode, ...user }) => ({
    ...known(user),
    name: name ?? undefined,
    mode,
  }));
}

/** How numbers are read. */
export function dialPlanOf({ dialPlan }: Config): DialPlan | undefined {
  if (dialPlan === null) return undefined;
  const { shortestNationalDigits, ...plan } = dialPlan;
  return { ...plan, shortestNational: shortestNationalDigits };
}

function known({ number, aor }: { number: string | null; aor: string | null }) {
  return { number: number ?? undefined, aor: aor ?? undefined };
}

/** How we are reached. */
export function topologyOf({ media, sip }: Config): Topology {
  const main = { bind: media.address, advertise: media.externalAddress ?? undefined };
  const six = media.address6 === null ? undefined : { bind: media.address6 };
  const external = sip.externalAddress === null ? [] : [sip.externalAddress];
  return {
    media: isIPv6(media.address) ? { ipv6: main } : { ipv4: main, ipv6: six },
    names: [...sip.domains, ...external],
  };
}
