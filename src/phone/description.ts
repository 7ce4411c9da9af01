import { isIPv6 } from 'node:net';
import type { Endpoint } from '../media';
import type { VoiceCodec } from './codec';

/** The session description of a phone with one audio line, RFC 8866: an offer, or an answer with one codec. */
export function describeVoice(
  local: Endpoint,
  codecs: readonly VoiceCodec[],
  version: number,
): string {
  const family = isIPv6(local.address) ? 'IP6' : 'IP4';
  return [
    'v=0',
    `o=- 1 ${version} IN ${family} ${local.address}`,
    's=-',
    `c=IN ${family} ${local.address}`,
    't=0 0',
    `m=audio ${local.rtpPort} RTP/AVP ${codecs.map((codec) => codec.payloadType).join(' ')}`,
    ...codecs.map((codec) => `a=rtpmap:${codec.payloadType} ${codec.name}/8000`),
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n');
}
