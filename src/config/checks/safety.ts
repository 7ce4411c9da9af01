import { isIP } from 'node:net';
import { isLoopback } from '../../core';
import type { Problem } from '../problem';
import { variableOf } from '../sources/environment';
import { isWildcard } from '../values';
import { usesRtpengine } from './media-plane';
import { at, type Check } from './subject';

/** Live calls and recordings are personal data: off this machine only to those who show a token. */
export const httpIsGuarded: Check = (subject) => {
  const { http } = subject.parts;
  if (!http?.listen || http.token || isLoopback(http.listen.host)) return [];
  return [
    at(
      subject,
      ['http', 'listen'],
      `${http.listen.host} is reached from other machines, and what is served names people: set http.tokenFile or ${variableOf(['http', 'token'])}, or listen on 127.0.0.1`,
    ),
  ];
};

/** RFC 4028 §5: the interval is never below the minimum. */
export const sessionTimerFits: Check = (subject) => {
  const { sip } = subject.parts;
  const expires = sip?.sessionExpiresSeconds ?? Number.POSITIVE_INFINITY;
  const minimum = sip?.sessionMinimumSeconds ?? 0;
  if (expires >= minimum) return [];
  const message = `${expires} is below sip.sessionMinimumSeconds, which is ${minimum}`;
  return [at(subject, ['sip', 'sessionExpiresSeconds'], message)];
};

/** SDP must show an address that a packet can be sent to. */
export const mediaIsReachable: Check = (subject) => {
  const { media, recorder } = subject.parts;
  const problems: Problem[] = [];
  const refuse = (path: readonly string[], message: string): void => {
    problems.push(at(subject, path, message));
  };
  const { address, address6, externalAddress } = media ?? {};
  if (address && isWildcard(address) && externalAddress === null) {
    refuse(['media', 'address'], `${address} ${NOT_IN_SDP}, or set media.externalAddress`);
  }
  if (address && externalAddress && isIP(externalAddress) !== isIP(address)) {
    const message = `wants the same address family as media.address, which is ${address}`;
    refuse(['media', 'externalAddress'], message);
  }
  if (address6 && isIP(address ?? '') === 6) {
    refuse(['media', 'address6'], 'is of no use: media.address is an IPv6 address already');
  }
  if (address6 && isWildcard(address6)) {
    refuse(['media', 'address6'], `${address6} ${NOT_IN_SDP}`);
  }
  const own = recorder?.embedded?.address;
  if (own && isWildcard(own)) {
    refuse(['recorder', 'embedded', 'address'], `${own} ${NOT_IN_SDP}`);
  }
  return problems;
};

const NOT_IN_SDP = 'can stand in no SDP: name an address of this machine';

/** Who may call anywhere must be known: toll fraud looks for nothing else. */
export const nobodyRelaysForAll: Check = (subject) => {
  const { peers = [], routes = [] } = subject.parts;
  return peers.flatMap((peer, index) => {
    const item = peer?.addresses?.findIndex(({ prefix }) => prefix === 0) ?? -1;
    const route = routes.findIndex(
      (one) =>
        one?.targets?.some(({ kind }) => kind === 'request-uri') &&
        (one.from === 'any' || one.from?.includes(peer?.name ?? '')),
    );
    if (item < 0 || route < 0) return [];
    const message = `lets everybody call everywhere, by the request-uri of routes[${route}]: name the addresses of those who may`;
    return [at(subject, ['peers', index, 'addresses', item], message)];
  });
};

/** What cannot be reached from outside would take calls and record nothing that can be heard. */
export const loopbackKeepsToItself: Check = (subject) => {
  const { sip, media } = subject.parts;
  if (sip?.engine?.kind !== 'embedded' || media?.externalAddress !== null) return [];
  // What callers reach then are the addresses of the nodes.
  if (usesRtpengine(subject)) return [];
  const outside = sip.listen?.find(({ address }) => !isLoopback(address));
  if (!outside || !media.address || !isLoopback(media.address)) return [];
  const message = `${media.address} is reached from this machine only, and sip.listen has ${outside.address}: name an address that the callers' audio can reach`;
  return [at(subject, ['media', 'address'], message)];
};
