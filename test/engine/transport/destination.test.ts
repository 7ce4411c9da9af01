import {
  type Arrival,
  type LocalEnd,
  responseDestination,
  stampVia,
} from '../../../src/engine/transport';
import { request } from '../message/messages';

const local: LocalEnd = {
  protocol: 'udp',
  address: '192.0.2.9',
  port: 5060,
  advertised: { address: '192.0.2.9', port: 5060 },
};
const udp: Arrival = {
  source: { protocol: 'udp', address: '198.51.100.7', port: 40_000 },
  local,
  connection: undefined,
  bytes: 400,
};
const tcp: Arrival = { ...udp, source: { ...udp.source, protocol: 'tcp' }, connection: 7 };

function answered(Via: string, arrival = udp): unknown {
  const { address, port, connection } = responseDestination(
    stampVia(request({ replace: { Via } }), arrival.source),
    arrival,
  );
  return connection === undefined ? `${address}:${port}` : `${address}:${port} on ${connection}`;
}

describe('a response over UDP goes', () => {
  it('to the source address at the sent-by port', () => {
    expect(answered('SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1')).toBe('198.51.100.7:5070');
  });

  it('to the default port where the sent-by has none', () => {
    expect(answered('SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1')).toBe('198.51.100.7:5060');
  });

  it('to the source port where rport asks for it', () => {
    expect(answered('SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1')).toBe('198.51.100.7:40000');
  });

  it('to maddr before all, if it is an address', () => {
    expect(answered('SIP/2.0/UDP 10.0.0.1:5070;rport;maddr=224.2.0.1')).toBe('224.2.0.1:5070');
    expect(answered('SIP/2.0/UDP 10.0.0.1:5070;maddr=evil.example')).toBe('198.51.100.7:5070');
  });

  it('from the end the request came to', () => {
    expect(responseDestination(request(), udp)).toMatchObject({ protocol: 'udp', local });
  });

  it('to the source itself when the Via cannot be read', () => {
    const partial = { ...request(), headers: [{ name: 'Via', value: 'SIP/2.0/UDP ;;' }] };
    expect(responseDestination(partial, udp)).toMatchObject({
      address: '198.51.100.7',
      port: 40_000,
    });
  });
});

describe('a response over TCP goes', () => {
  it('back on its connection, or to the source at the sent-by port', () => {
    expect(answered('SIP/2.0/TCP 10.0.0.1:5070;branch=z9hG4bK1', tcp)).toBe(
      '198.51.100.7:5070 on 7',
    );
    expect(answered('SIP/2.0/TCP pc;rport;maddr=1.2.3.4', tcp)).toBe('198.51.100.7:5060 on 7');
  });
});
