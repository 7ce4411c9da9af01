import { nearest } from '../../core';
import { at as partAt } from '../located';
import type { Problem } from '../problem';
import { RESERVED_NAMES } from '../schema';
import { cidrKey, rewriteGroups, type SipTarget, showHostPort } from '../values';
import { at, type Check, type Subject } from './subject';

/** What a route names exists, can be called, and a rewrite uses groups that the pattern has. */
export const routesLeadSomewhere: Check = (subject) => {
  const { routes = [], peers = [] } = subject.parts;
  const known = peerNames(subject);
  return routes.flatMap((route, index) => {
    const problems: Problem[] = [];
    const unknown = (path: readonly PropertyKey[], name: string): void => {
      if (known.has(name)) return;
      const meant = nearest(name, known);
      const advice = meant ? `the nearest is ${meant}` : 'there are no peers';
      problems.push(at(subject, path, `there is no peer "${name}"; ${advice}`));
    };
    if (route?.from !== 'any') {
      route?.from?.forEach((name, item) => {
        unknown(['routes', index, 'from', item], name);
      });
    }
    route?.targets?.forEach((target, item) => {
      if (target.kind !== 'peer') return;
      const path = ['routes', index, 'targets', item];
      unknown(path, target.name);
      const peer = peers.find((one) => one?.name === target.name);
      if (peer?.target === null) {
        problems.push(at(subject, path, `peer "${target.name}" has no target: it only calls in`));
      }
    });
    const wanted = rewriteGroups(route?.rewrite ?? '');
    if (route?.to && wanted > route.to.groups) {
      const message = `uses $${wanted}, and \`to\` has ${route.to.groups} groups`;
      problems.push(at(subject, ['routes', index, 'rewrite'], message));
    }
    return problems;
  });
};

/** One name, one block, one peer. */
export const peersAreDistinct: Check = (subject) => {
  const { peers = [] } = subject.parts;
  const names = new Map<string, number>();
  const blocks = new Map<string, number>();
  return peers.flatMap((peer, index) => {
    const problems: Problem[] = [];
    const name = peer?.name ?? '';
    if (RESERVED_NAMES.includes(name)) {
      const message = `"${name}" has a meaning of its own in routes: take another name`;
      problems.push(at(subject, ['peers', index, 'name'], message));
    }
    const namesake = name === '' ? undefined : claim(names, name.toLowerCase(), index);
    if (namesake !== undefined) {
      const message = `"${name}" is the name of peers[${namesake}] already`;
      problems.push(at(subject, ['peers', index, 'name'], message));
    }
    peer?.addresses?.forEach((block, item) => {
      const owner = claim(blocks, cidrKey(block), index);
      if (owner === undefined) return;
      const message = `${block.address}/${block.prefix} belongs to peers[${owner}] ("${peers[owner]?.name}") already`;
      problems.push(at(subject, ['peers', index, 'addresses', item], message));
    });
    return problems;
  });
};

/** One number, one address of record, one user. */
export const usersAreDistinct: Check = (subject) => {
  const { users = [] } = subject.parts;
  const owners = new Map<string, number>();
  return users.flatMap((user, index) =>
    (['number', 'aor'] as const).flatMap((key) => {
      const identity = user?.[key];
      const owner = identity ? claim(owners, `${key} ${identity}`, index) : undefined;
      if (owner === undefined) return [];
      return [
        at(subject, ['users', index, key], `${identity} is the ${key} of users[${owner}] already`),
      ];
    }),
  );
};

/** Nothing we call is ourselves: such a call would come in again, without end. */
export const nothingCallsItself: Check = (subject) => {
  const { sip, peers = [], users = [], recorder } = subject.parts;
  if (sip?.engine?.kind !== 'embedded') return [];
  const judge = (path: readonly PropertyKey[], target?: SipTarget | null): Problem[] => {
    const own = sip.listen?.find(
      ({ address, port }) => port === (target?.port ?? 5060) && address === target?.host,
    );
    if (!own) return [];
    const place = showHostPort(own.address, own.port);
    return [at(subject, path, `${place} is our own address: calls would come back for ever`)];
  };
  const { provider, standby = [] } = recorder ?? {};
  return [
    ...judge(['recorder', 'provider'], provider?.kind === 'external' ? provider.server : null),
    ...standby.flatMap((one, index) =>
      judge(['recorder', 'standby', index], one.kind === 'external' ? one.server : null),
    ),
    ...peers.flatMap((peer, index) => judge(['peers', index, 'target'], peer?.target)),
    ...users.flatMap((user, index) => judge(['users', index, 'contact'], user?.contact)),
  ];
};

/** Names as written, so that a route is not blamed for a peer that is broken elsewhere. */
function peerNames({ written }: Subject): Set<string> {
  const list = partAt(written, ['peers']);
  const peers = list?.kind === 'list' ? list.items : [];
  return new Set(
    peers.flatMap((peer) => {
      const name = partAt(peer, ['name']);
      return name?.kind === 'scalar' ? [String(name.value)] : [];
    }),
  );
}

/** Notes who was first; gives the first one when it was another. */
function claim(owners: Map<string, number>, key: string, index: number): number | undefined {
  const owner = owners.get(key);
  if (owner === undefined) owners.set(key, index);
  return owner;
}
