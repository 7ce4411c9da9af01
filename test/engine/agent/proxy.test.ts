import type { Outcome, ProxyOrder } from '../../../src/engine/agent';
import { readAppMessage } from '../../../src/engine/agent';
import {
  header,
  headersNamed,
  maxForwards,
  type SipRequest,
  topVia,
  toTag,
  vias,
} from '../../../src/engine/message';
import { Rig, SDP } from '../support/rig';

const BOB = 'sip:bob@192.0.2.51';
const CAROL = 'sip:carol@192.0.2.52';

function proxied(order: Partial<ProxyOrder> = {}, method = 'INVITE', headers: string[] = []) {
  const rig = new Rig();
  rig.arrive(method, { branch: 'z9hG4bKup', body: method === 'INVITE' ? SDP : '', headers });
  const { transactionId } = rig.app.last.ids;
  const outcomes: Outcome[] = rig.app.perform({
    kind: 'proxy',
    transactionId,
    remainInDialog: false,
    fullResponse: true,
    followRedirects: false,
    simultaneous: false,
    provisionalTimeout: undefined,
    finalTimeout: undefined,
    destinations: [BOB],
    message: readAppMessage(`${method} ${BOB} SIP/2.0\r\nX-Added: yes\r\n\r\n`),
    ...order,
  });
  const kinds = () => outcomes.map(({ kind }) => kind);
  return { rig, outcomes, kinds };
}

describe('a proxied request', () => {
  test('goes on with one hop less, our Via on top, and what the application adds', () => {
    const { rig } = proxied();
    const invite = rig.sentRequest('INVITE');
    expect(invite.uri).toBe(BOB);
    expect(maxForwards(invite)).toBe(69);
    expect(vias(invite).map(({ host }) => host)).toEqual(['192.0.2.10', '192.0.2.20']);
    expect(header(invite, 'X-Added')).toBe('yes');
    expect(headersNamed(invite, 'Record-Route')).toEqual([]);
    expect(invite.body.toString()).toBe(SDP);
  });

  test('gets its responses back without our Via; the application is told of the final ones', () => {
    const { rig, kinds } = proxied();
    const invite = rig.sentRequest('INVITE');
    rig.answer(invite, 100);
    rig.answer(invite, 180);
    const ringing = rig.sentResponse(180);
    expect(vias(ringing).map(({ host }) => host)).toEqual(['192.0.2.20']);
    rig.answer(invite, 200, { body: SDP });
    expect(rig.sentResponse(200).body.toString()).toBe(SDP);
    expect(kinds()).toEqual(['proxied', 'done']);
    expect(rig.agent.stats().dialogs).toBe(0);
    rig.answer(invite, 200, { body: SDP });
    expect(rig.said()).toEqual(['200']);
  });

  test('without interest in responses is done at once', () => {
    expect(proxied({ fullResponse: false }).kinds()).toEqual(['done']);
  });

  test('tries targets one after the other, and gives back the best failure', () => {
    const { rig, kinds } = proxied({ destinations: [BOB, CAROL] });
    rig.answer(rig.sentRequest('INVITE'), 503);
    expect(rig.said()).toEqual(['ACK', 'INVITE']);
    rig.answer(rig.network.departed.at(-1)!.message as never, 486);
    expect(rig.said()).toEqual(['ACK', '486']);
    expect(kinds()).toEqual(['proxied', 'proxied', 'done']);
  });

  test('whose targets are out of service is answered 500: we are not', () => {
    const { rig } = proxied({ destinations: [BOB, CAROL] });
    for (const _ of [BOB, CAROL]) rig.answer(rig.sentRequest('INVITE'), 503);
    expect(rig.said()).toEqual(['ACK', '500']);
  });

  test('tries targets at once, and cancels the others when one accepts', () => {
    const { rig } = proxied({ destinations: [BOB, CAROL], simultaneous: true });
    const [, bob, carol] = rig.sent().map(({ message }) => message);
    rig.answer(bob as never, 180, { tag: 'b' });
    rig.answer(carol as never, 180, { tag: 'c' });
    rig.answer(carol as never, 200, { tag: 'c' });
    expect(rig.said()).toEqual(['180', '180', '200', 'CANCEL']);
    rig.answer(bob as never, 487, { tag: 'b' });
    expect(rig.said()).toEqual(['ACK']);
  });

  test('goes to the next target when one says nothing in its time', () => {
    const { rig } = proxied({ destinations: [BOB, CAROL], provisionalTimeout: 1_500 });
    rig.said();
    rig.clock.advance(1_500);
    expect(rig.sent().map(({ message }) => (message as SipRequest).uri)).toContain(CAROL);
  });

  test('is ended at the target that rings beyond its time', () => {
    const { rig } = proxied({ finalTimeout: 20_000 });
    rig.answer(rig.sentRequest('INVITE'), 180);
    rig.said();
    rig.clock.advance(20_000);
    expect(rig.said()).toEqual(['CANCEL', '408']);
  });

  test('follows redirections when asked to', () => {
    const { rig } = proxied({ followRedirects: true });
    rig.answer(rig.sentRequest('INVITE'), 302, { headers: [`Contact: <${CAROL}>`] });
    expect(rig.sentRequest('INVITE').uri).toBe(CAROL);
  });

  test('cancelled by the caller is cancelled at the target', () => {
    const { rig, kinds } = proxied();
    const invite = rig.sentRequest('INVITE');
    rig.answer(invite, 180);
    rig.said();
    rig.arrive('CANCEL', { branch: 'z9hG4bKup' });
    expect(rig.said()).toEqual(['200', 'CANCEL']);
    rig.answer(invite, 487);
    expect(rig.said()).toEqual(['ACK', '487']);
    expect(kinds()).toEqual(['proxied', 'done']);
  });

  test('at its last hop gets 483', () => {
    const rig = new Rig();
    rig.inject(rig.request('OPTIONS').replace('Max-Forwards: 70', 'Max-Forwards: 0'));
    const { transactionId } = rig.app.last.ids;
    const [outcome] = rig.app.perform({
      ...({ kind: 'proxy', transactionId, destinations: [BOB] } as never as ProxyOrder & {
        kind: 'proxy';
      }),
      message: readAppMessage(''),
    });
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect(rig.said()).toEqual(['483']);
  });

  test('of an unknown transaction is refused', () => {
    const { rig } = proxied();
    const [outcome] = rig.app.perform({
      kind: 'proxy',
      transactionId: 'nobody',
      destinations: [BOB],
    } as never);
    expect(outcome).toEqual({ kind: 'refused', text: 'Unknown transaction id: nobody' });
  });

  test('remaining in the dialog records its route, and relays what comes along it', () => {
    const { rig } = proxied({ remainInDialog: true });
    const invite = rig.sentRequest('INVITE');
    const recorded = header(invite, 'Record-Route') ?? '';
    expect(recorded).toMatch(/^<sip:[0-9a-f]{32}@192\.0\.2\.10:5060;lr>$/);
    rig.answer(invite, 200, { body: SDP, headers: [`Record-Route: ${recorded}`] });
    const ok = rig.sentResponse(200);
    expect(header(ok, 'Record-Route')).toBe(recorded);
    const along = {
      uri: 'sip:bob@192.0.2.51:5080',
      toTag: toTag(ok) ?? '',
      headers: [`Route: ${recorded}`],
    };
    rig.arrive('ACK', along);
    const [ack] = rig.sent();
    expect(ack?.to).toMatchObject({ address: '192.0.2.51', port: 5080 });
    expect(headersNamed(ack!.message, 'Route')).toEqual([]);
    rig.arrive('BYE', { ...along, cseq: 2 });
    const bye = rig.sentRequest('BYE');
    expect(topVia(bye)?.host).toBe('192.0.2.10');
    rig.answer(bye, 200);
    expect(vias(rig.sentResponse(200)).map(({ host }) => host)).toEqual(['192.0.2.20']);
    expect(rig.app.requests).toHaveLength(1);
  });

  test('leaves without the Route by which it came here, and follows what is left of it', () => {
    const { rig } = proxied({}, 'INVITE', ['Route: <sip:service@192.0.2.10:5060;lr>']);
    const invite = rig.sentRequest('INVITE');
    expect(rig.network.departed.at(-1)?.to.address).toBe('192.0.2.51');
    expect(headersNamed(invite, 'Route')).toEqual([]);

    const further = ['Route: <sip:192.0.2.10;lr>, <sip:192.0.2.60;lr>'];
    const routed = proxied({}, 'INVITE', further).rig;
    expect(header(routed.sentRequest('INVITE'), 'Route')).toBe('<sip:192.0.2.60;lr>');
    expect(routed.network.departed.at(-1)?.to.address).toBe('192.0.2.60');
  });

  test('follows a Route of somebody else from its first hop on', () => {
    const { rig } = proxied({}, 'INVITE', ['Route: <sip:192.0.2.60;lr>']);
    expect(header(rig.sentRequest('INVITE'), 'Route')).toBe('<sip:192.0.2.60;lr>');
    expect(rig.network.departed.at(-1)?.to.address).toBe('192.0.2.60');
  });

  test('a route that we never recorded is not followed: nobody relays through us unasked', () => {
    const rig = new Rig();
    rig.arrive('BYE', {
      uri: 'sip:victim@192.0.2.99',
      toTag: 'x',
      headers: [`Route: <sip:${'a'.repeat(32)}@192.0.2.10:5060;lr>`],
    });
    expect(rig.said()).toEqual(['481']);
  });
});
