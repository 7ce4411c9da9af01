import { asSipUri, formatNameAddr, formatUri, type NameAddr, type SipUri } from '../message';

/** How a request inside a dialog is addressed: RFC 3261 §12.2.1.1. */
export interface Routing {
  readonly requestUri: string;
  /** Route header values, in order. */
  readonly routes: readonly string[];
  /** The URI whose host the request goes to. */
  readonly nextHop: string;
}

/** Applies a route set to a remote target: loose routing, or strict where the first hop asks it. */
export function routeTo(target: string, routeSet: readonly NameAddr[]): Routing {
  const [first, ...rest] = routeSet;
  if (!first) return { requestUri: target, routes: [], nextHop: target };
  const uri = asSipUri(first.uri);
  if (!uri || uri.params.has('lr')) {
    return { requestUri: target, routes: routeSet.map(formatNameAddr), nextHop: first.uri };
  }
  return {
    requestUri: asRequestUri(uri),
    routes: [...rest.map(formatNameAddr), `<${target}>`],
    nextHop: first.uri,
  };
}

/** RFC 3261 §19.1.1: a Request-URI carries neither headers nor a method. */
function asRequestUri(uri: SipUri): string {
  const params = new Map(uri.params);
  params.delete('method');
  return formatUri({ ...uri, params, headers: undefined });
}
