import { cryptoLine, type OwnMedia, type OwnOrigin, type Written, writeSdp } from '../../media';
import type { Ports } from '../intake/messages';
import type { Plan } from './plan';

/**
 * The answer to an offer, or after it our offer anew: every m-line in its place, labels echoed, recvonly
 * where the client sends and inactive where it does not (RFC 7866 §7.2).
 */
export function describePlan(plan: Plan, ports: Ports, origin: OwnOrigin): Written {
  const media = plan.lines.map((line, index): OwnMedia => {
    if (line.kind === 'refused') {
      const { kind, protocol, payloads, formats } = line.media;
      return {
        kind,
        local: undefined,
        protocol,
        payloads,
        formats: payloads.length > 0 ? [] : formats.length > 0 ? formats : ['0'],
        direction: 'inactive',
      };
    }
    const { protocol, accepted, active, label, mux, srtp } = line;
    return {
      kind: 'audio',
      local: ports.find((one) => one.line === index)?.local,
      protocol,
      payloads: accepted,
      direction: active ? 'recvonly' : 'inactive',
      rtcpMux: mux,
      ...(label !== undefined && { label }),
      ...(srtp && { attributes: [cryptoLine(srtp.attribute)] }),
    };
  });
  return writeSdp({ origin, media });
}
