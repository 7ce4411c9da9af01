import { header, type SipMessage, topVia, toTag } from '../../../src/engine/message';
import type { Destination } from '../../../src/engine/transport';
import { Rig, SDP } from '../support/rig';

const CALLEE = 'sip:callee@192.0.2.20';
const TCP_CONTACT = '<sip:peer@192.0.2.20;transport=tcp>';

const kind = (message: SipMessage) =>
  message.kind === 'request' ? message.method : String(message.status);

const place = ({ protocol, address }: Destination) => `${protocol} ${address}`;

const hopsTo = (...addresses: string[]) =>
  addresses.map((address) => ({ protocol: 'udp' as const, address, port: 5060, fixed: true }));

/** The network prefers TCP for what is too large for a datagram. */
function largeByTcp(rig: Rig): void {
  rig.network.candidates = (hops, size) => {
    if (size <= 1300) return [...hops];
    return [...hops.map((hop) => ({ ...hop, protocol: 'tcp' as const })), ...hops];
  };
}

describe('a request of an application', () => {
  test('goes on to the next address when one is dead, silent or out of service', async () => {
    const rig = new Rig();
    const hops = hopsTo('192.0.2.31', '192.0.2.32', '192.0.2.33', '192.0.2.34');
    rig.network.names.set('many.example', { ok: true, hops });
    rig.network.dead.add('192.0.2.31:5060');
    rig.app.send('INVITE', 'sip:x@many.example', { body: SDP });
    await Promise.resolve();
    const second = rig.sentRequest('INVITE');
    rig.clock.advance(32_000);
    const third = rig.sentRequest('INVITE');
    expect(topVia(third)?.branch).not.toBe(topVia(second)?.branch);
    expect(header(third, 'Call-ID')).toBe(header(second, 'Call-ID'));
    rig.answer(third, 100);
    rig.answer(third, 503);
    const fourth = rig.sentRequest('INVITE');
    expect(rig.network.departed.at(-1)?.to.address).toBe('192.0.2.34');
    expect(rig.app.responses).toEqual([]);
    rig.answer(fourth, 200);
    expect(rig.app.answer.message.status).toBe(200);
  });

  test('too large for a datagram goes by TCP, and by UDP after all where there is no TCP', async () => {
    const rig = new Rig();
    const sizes: number[] = [];
    rig.network.candidates = (hops, size) => {
      sizes.push(size);
      return size > 1300 ? [{ ...hops[0]!, protocol: 'tcp' }, hops[0]!] : [hops[0]!];
    };
    rig.app.send('INVITE', CALLEE, { body: SDP.padEnd(1_200, 'x') });
    const overTcp = rig.sentRequest('INVITE');
    expect(topVia(overTcp)?.transport).toBe('TCP');
    expect(header(overTcp, 'Contact')).toBe('<sip:192.0.2.10:5060;transport=tcp>');
    const [left] = rig.network.departed;
    expect(Math.abs(sizes[0]! - left!.bytes.length)).toBeLessThan(100);
    rig.network.dead.add('192.0.2.20:5060');
    rig.app.send('INVITE', CALLEE, { body: SDP.padEnd(1_200, 'x') });
    rig.network.dead.clear();
    await Promise.resolve();
    const overUdp = rig.sentRequest('INVITE');
    expect(topVia(overUdp)?.transport).toBe('UDP');
    expect(header(overUdp, 'Contact')).toBe('<sip:192.0.2.10:5060>');
  });

  test('refused with 503 over TCP is not repeated to that host over UDP', () => {
    const rig = new Rig();
    largeByTcp(rig);
    rig.network.names.set('two.example', { ok: true, hops: hopsTo('192.0.2.31', '192.0.2.32') });
    rig.app.send('INVITE', 'sip:x@two.example', { body: SDP.padEnd(1_200, 'x') });
    rig.answer(rig.sentRequest('INVITE'), 503);
    rig.answer(rig.sentRequest('INVITE'), 503);
    expect(rig.network.departed.map(({ message, to }) => [kind(message), place(to)])).toEqual([
      ['INVITE', 'tcp 192.0.2.31'],
      ['ACK', 'tcp 192.0.2.31'],
      ['INVITE', 'tcp 192.0.2.32'],
      ['ACK', 'tcp 192.0.2.32'],
    ]);
    expect(rig.app.responses.map(({ message }) => message.status)).toEqual([503]);
  });

  test('that a host never answers is not repeated to it over another transport', () => {
    const rig = new Rig();
    largeByTcp(rig);
    rig.app.send('INVITE', CALLEE, { body: SDP.padEnd(1_200, 'x') });
    rig.clock.advance(32_000);
    expect(rig.said()).toEqual(['INVITE']);
    expect(rig.app.answer.message.status).toBe(408);
  });

  test('that went unheard by the Contact of a stream peer is not repeated on its stream', () => {
    const rig = new Rig();
    rig.arrive('INVITE', {
      body: SDP,
      protocol: 'tcp',
      from: '192.0.2.20:40000',
      contact: TCP_CONTACT,
    });
    rig.app.respond(200);
    const tag = toTag(rig.sentResponse(200)) ?? '';
    rig.arrive('ACK', { toTag: tag, protocol: 'tcp', from: '192.0.2.20:40000' });
    rig.sent();
    rig.app.inDialog('INFO', rig.app.last.ids.dialogId);
    rig.clock.advance(32_000);
    expect(rig.sent().map(({ to }) => to.port)).toEqual([5060]);
    expect(rig.app.answer.message.status).toBe(408);
  });

  test('has an ACK too large for a datagram sent by UDP after all where TCP is refused', async () => {
    const rig = new Rig();
    largeByTcp(rig);
    rig.app.send('INVITE', CALLEE);
    const invite = rig.sentRequest('INVITE');
    rig.answer(invite, 200, { body: SDP });
    rig.network.deadTransports.add('tcp');
    const { dialogId } = rig.app.answer.ids;
    expect(rig.app.inDialog('ACK', dialogId, { body: SDP.padEnd(1_200, 'x') })).toHaveLength(1);
    expect(rig.said()).toEqual([]);
    await Promise.resolve();
    const ack = rig.sentRequest('ACK');
    expect(topVia(ack)?.transport).toBe('UDP');
    expect(ack.body).toHaveLength(1_200);
    rig.answer(invite, 200, { body: SDP });
    rig.answer(invite, 200, { body: SDP });
    expect(rig.sent().map(({ message, to }) => [kind(message), place(to)])).toEqual([
      ['ACK', 'udp 192.0.2.20'],
      ['ACK', 'udp 192.0.2.20'],
    ]);
  });
});
