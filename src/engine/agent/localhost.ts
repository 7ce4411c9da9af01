import { formatHostPort, formatNameAddr, type Header, parseNameAddrs } from '../message';
import type { LocalEnd } from '../transport';

/** `localhost` as the host of a URI: the application's word for "whatever the engine is called". */
const PLACE = /(?<=@|sips?:)localhost(?::\d+)?(?![\w.:-])/i;

/** Headers in which an application may leave our own address to the engine. */
const SPEAKING: ReadonlySet<string> = new Set(['From', 'To', 'Contact', 'P-Asserted-Identity']);

/** The header with `@localhost` replaced by what we are called towards the peer. */
export function localized(header: Header, local: LocalEnd): Header {
  if (!SPEAKING.has(header.name) || !PLACE.test(header.value)) return header;
  const { address, port } = local.advertised;
  const place = formatHostPort(address, port);
  const addresses = parseNameAddrs(header.value);
  if (!addresses) return { name: header.name, value: header.value.replace(PLACE, place) };
  const value = addresses
    .map((address) => {
      let uri = address.uri.replace(PLACE, place);
      if (header.name === 'Contact') uri = overTransport(uri, local);
      return formatNameAddr({ ...address, uri });
    })
    .join(', ');
  return { name: header.name, value };
}

/** The Contact of ours where the application gives none. */
export function ownContact(local: LocalEnd): string {
  const { address, port } = local.advertised;
  return `<${overTransport(`sip:${formatHostPort(address, port)}`, local)}>`;
}

/** Requests of the peer are to come by the transport we speak with it. */
function overTransport(uri: string, local: LocalEnd): string {
  if (local.protocol === 'udp' || /;transport=/i.test(uri)) return uri;
  const headers = uri.indexOf('?');
  const at = headers < 0 ? uri.length : headers;
  return `${uri.slice(0, at)};transport=${local.protocol}${uri.slice(at)}`;
}
