import { header, required, toTag } from '../../../src/engine/message';
import { Rig, SDP } from '../support/rig';

describe('an INVITE from the network', () => {
  test('gets 100 at once and goes to the application', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP });
    expect(rig.said()).toEqual(['100']);
    expect(rig.app.last.message.method).toBe('INVITE');
    expect(rig.app.last.ids.dialogId).toBe('');
  });

  test('gets its responses with one To tag, a Contact and the headers of the application', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP });
    const [echo] = rig.app.respond(180, { headers: ['X-Prog: 1'] });
    const ringing = rig.sentResponse(180);
    expect(echo).toMatchObject({ kind: 'response-sent' });
    expect(header(ringing, 'X-Prog')).toBe('1');
    expect(header(ringing, 'Contact')).toBe('<sip:192.0.2.10:5060>');
    const tag = toTag(ringing);
    expect(tag).toBeTruthy();
    rig.app.respond(200, { body: SDP });
    const ok = rig.sentResponse(200);
    expect(toTag(ok)).toBe(tag);
    expect(header(ok, 'Content-Type')).toBe('application/sdp');
    expect(ok.body.toString()).toBe(SDP);
  });

  test('takes the To tag and the place of the Contact from the application', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    rig.app.respond(200, {
      headers: ['to: <sip:service@192.0.2.10>;tag=mine', 'contact: sip:me@localhost'],
    });
    const ok = rig.sentResponse(200);
    expect(toTag(ok)).toBe('mine');
    expect(header(ok, 'Contact')).toBe('<sip:me@192.0.2.10:5060>');
  });

  test('keeps hop-bound and numbering headers out of the reach of the application', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { cseq: 7 });
    rig.app.respond(183, {
      headers: ['Via: SIP/2.0/UDP evil', 'cseq: 99 INVITE', 'Call-ID: other', 'Content-Length: 5'],
      body: SDP,
    });
    const response = rig.sentResponse(183);
    expect(header(response, 'CSeq')).toBe('7 INVITE');
    expect(header(response, 'Call-ID')).toBe('call-1');
    expect(header(response, 'Via')).toContain('192.0.2.20:5060');
    expect(header(response, 'Content-Length')).toBe(String(SDP.length));
  });

  test('has its retransmissions absorbed and the last response repeated', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { branch: 'z9hG4bKsame' });
    rig.app.respond(183);
    rig.said();
    rig.arrive('INVITE', { branch: 'z9hG4bKsame' });
    expect(rig.said()).toEqual(['183']);
    expect(rig.app.requests).toHaveLength(1);
  });

  test('that came twice over different paths is answered 482 the second time', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { branch: 'z9hG4bKone' });
    rig.arrive('INVITE', { branch: 'z9hG4bKtwo' });
    expect(rig.said()).toEqual(['100', '482']);
    expect(rig.app.requests).toHaveLength(1);
  });

  test.each(['udp', 'tcp'] as const)(
    'over %s without a Contact, which would make no dialog, is answered 400 that says so',
    (protocol) => {
      const rig = new Rig();
      rig.arrive('INVITE', { contact: null, protocol });
      expect(rig.sentResponse(400).reason).toBe('Missing Contact');
      rig.arrive('INVITE', { contact: '*', callId: 'call-2', protocol });
      expect(rig.sentResponse(400).reason).toBe('Bad Contact');
    },
  );

  test('of a call that already exists is answered 491', () => {
    const rig = new Rig();
    rig.answeredCall();
    rig.arrive('INVITE', { cseq: 2 });
    expect(rig.said()).toEqual(['491']);
  });

  test('at its last hop is answered 483, while OPTIONS is not', () => {
    const rig = new Rig();
    rig.inject(rig.request('INVITE').replace('Max-Forwards: 70', 'Max-Forwards: 0'));
    expect(rig.said()).toEqual(['483']);
    rig.inject(
      rig.request('OPTIONS', { callId: 'o' }).replace('Max-Forwards: 70', 'Max-Forwards: 0'),
    );
    expect(rig.app.last.message.method).toBe('OPTIONS');
  });

  test('that nobody answers is answered 504 after the time applications have', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    rig.clock.advance(29_999);
    expect(rig.said()).toEqual(['100']);
    rig.clock.advance(1);
    expect(rig.said()).toEqual(['504']);
    expect(rig.app.respond(200)).toEqual([
      { kind: 'refused', text: 'Response not sent due to unknown transaction' },
    ]);
  });

  test('that rings gets its last provisional response again every minute', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    rig.app.respond(180);
    rig.said();
    rig.clock.advance(60_000);
    expect(rig.said()).toEqual(['180']);
    rig.clock.advance(60_000);
    expect(rig.said()).toEqual(['180']);
  });

  test('that rings longer than anybody waits is ended with 480', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    rig.app.respond(180);
    rig.said();
    rig.clock.advance(600_000);
    expect(rig.said().at(-1)).toBe('480');
  });

  test('refused by the application has its final response repeated until the ACK', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { branch: 'z9hG4bKinv' });
    rig.app.respond(486);
    rig.clock.advance(1_500);
    expect(rig.said()).toEqual(['100', '486', '486', '486']);
    rig.arrive('ACK', { branch: 'z9hG4bKinv', toTag: 'any' });
    rig.clock.advance(32_000);
    expect(rig.said()).toEqual([]);
    expect(rig.app.requests).toHaveLength(1);
    expect(rig.clock.pending).toBe(0);
  });
});

describe('a 2xx to INVITE', () => {
  test('is repeated at T1 doubling to T2 until the ACK, which the application gets', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    rig.app.respond(200, { body: SDP });
    const { transactionId } = rig.app.last.ids;
    const ok = rig.sentResponse(200);
    rig.clock.advance(500 + 1000 + 2000 + 4000 + 4000);
    expect(rig.said()).toEqual(['200', '200', '200', '200', '200']);
    rig.arrive('ACK', { toTag: toTag(ok) ?? '', body: SDP });
    rig.clock.advance(40_000);
    expect(rig.said()).toEqual([]);
    expect(rig.app.last.message.method).toBe('ACK');
    expect(rig.app.last.message.body.toString()).toBe(SDP);
    expect(rig.app.last.ids).toEqual({ transactionId, dialogId: 'call-1;from-tag=peer-tag' });
  });

  test('never acknowledged ends the dialog with BYE after 64·T1 and tells the application', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    rig.app.respond(200, { body: SDP });
    rig.said();
    rig.clock.advance(31_999);
    expect(new Set(rig.said())).toEqual(new Set(['200']));
    rig.clock.advance(1);
    const bye = rig.sentRequest('BYE');
    expect(header(bye, 'Reason')).toBe('SIP;cause=200;text="ACK timeout"');
    expect(rig.app.unsolicitedByes).toHaveLength(1);
    expect(rig.app.unsolicitedByes[0]?.dialogId).toBe('call-1;from-tag=peer-tag');
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('is acknowledged once, however often the ACK comes', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall();
    rig.arrive('ACK', { toTag: tag });
    expect(rig.app.requests.filter(({ message }) => message.method === 'ACK')).toHaveLength(1);
  });

  test('is acknowledged also by an ACK on the branch of its INVITE', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { branch: 'z9hG4bKinv' });
    rig.app.respond(200);
    const ok = rig.sentResponse(200);
    rig.arrive('ACK', { branch: 'z9hG4bKinv', toTag: toTag(ok) ?? '' });
    expect(rig.app.last.message.method).toBe('ACK');
  });

  test('is said to be a second one to whoever answers twice', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    const { transactionId } = rig.app.last.ids;
    rig.app.respond(200, { transactionId });
    expect(rig.app.respond(500, { transactionId })).toEqual([
      { kind: 'refused', text: 'Response not sent due to unknown transaction' },
    ]);
  });
});

describe('CANCEL from the network', () => {
  test('is answered 200, its INVITE 487, and the application told with the INVITE’s transaction', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { branch: 'z9hG4bKinv' });
    const { transactionId } = rig.app.last.ids;
    rig.arrive('CANCEL', { branch: 'z9hG4bKinv' });
    expect(rig.said()).toEqual(['100', '200', '487']);
    expect(rig.app.last.message.method).toBe('CANCEL');
    expect(rig.app.last.ids).toEqual({ transactionId, dialogId: '' });
    expect(rig.app.respond(200, { transactionId })[0]).toMatchObject({ kind: 'refused' });
  });

  test('after a provisional response names the dialog', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { branch: 'z9hG4bKinv' });
    rig.app.respond(180);
    rig.arrive('CANCEL', { branch: 'z9hG4bKinv' });
    expect(rig.app.last.ids.dialogId).toBe('call-1;from-tag=peer-tag');
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('after the 200 is answered 200 and changes nothing', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { branch: 'z9hG4bKinv' });
    rig.app.respond(200);
    const ok = rig.sentResponse(200);
    rig.arrive('CANCEL', { branch: 'z9hG4bKinv' });
    expect(rig.said()).toEqual(['200']);
    expect(rig.app.requests).toHaveLength(1);
    rig.arrive('ACK', { toTag: toTag(ok) ?? '' });
    expect(rig.agent.stats().dialogs).toBe(1);
  });

  test('without its INVITE is answered 481', () => {
    const rig = new Rig();
    rig.arrive('CANCEL');
    expect(rig.said()).toEqual(['481']);
  });

  test('is heard once when it is repeated', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { branch: 'z9hG4bKinv' });
    rig.arrive('CANCEL', { branch: 'z9hG4bKinv' });
    rig.arrive('CANCEL', { branch: 'z9hG4bKinv' });
    expect(rig.app.requests.filter(({ message }) => message.method === 'CANCEL')).toHaveLength(1);
  });
});

describe('reliable provisional responses', () => {
  const REL = ['Require: 100rel'];

  test('carry RSeq, are repeated, and stop at the PRACK, which the application answers', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { headers: ['Supported: 100rel'] });
    const invite = rig.app.last.ids.transactionId;
    rig.app.respond(183, { headers: REL, body: SDP });
    const progress = rig.sentResponse(183);
    const rseq = Number(header(progress, 'RSeq'));
    expect(rseq).toBeGreaterThan(0);
    rig.clock.advance(500 + 1000);
    expect(rig.said()).toEqual(['183', '183']);
    rig.arrive('PRACK', {
      toTag: toTag(progress) ?? '',
      cseq: 2,
      headers: [`RAck: ${rseq} 1 INVITE`],
    });
    expect(rig.app.last.message.method).toBe('PRACK');
    expect(rig.app.last.ids.transactionId).not.toBe(invite);
    rig.app.respond(200);
    rig.clock.advance(10_000);
    expect(rig.said()).toEqual(['200']);
  });

  test('go one at a time, and hold the 200 back until the last PRACK', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { headers: ['Supported: 100rel'] });
    const { transactionId } = rig.app.last.ids;
    rig.app.respond(183, { headers: REL, body: SDP });
    const first = rig.sentResponse(183);
    rig.app.respond(180, { headers: REL, transactionId });
    const held = rig.app.respond(200, { transactionId, body: SDP });
    expect(held).toEqual([]);
    expect(rig.said()).toEqual([]);
    const rseq = Number(header(first, 'RSeq'));
    const tag = toTag(first) ?? '';
    rig.arrive('PRACK', { toTag: tag, cseq: 2, headers: [`RAck: ${rseq} 1 INVITE`] });
    rig.app.respond(200);
    expect(rig.sent().map(({ message }) => header(message, 'CSeq'))).toEqual([
      '2 PRACK',
      '1 INVITE',
    ]);
    const second = rig.sentResponse(180);
    expect(Number(header(second, 'RSeq'))).toBe(rseq + 1);
    rig.arrive('PRACK', { toTag: tag, cseq: 3, headers: [`RAck: ${rseq + 1} 1 INVITE`] });
    rig.app.respond(200);
    expect(rig.sentResponse(200).body.toString()).toBe(SDP);
    expect(held).toHaveLength(1);
  });

  test('never acknowledged end the INVITE with 504', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { headers: ['Supported: 100rel'] });
    rig.app.respond(183, { headers: REL });
    rig.clock.advance(32_000);
    expect(rig.said().at(-1)).toBe('504');
  });

  test('are refused when the peer does not know them', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    expect(rig.app.respond(183, { headers: REL })).toEqual([
      { kind: 'refused', text: 'Remote endpoint does not support 100rel' },
    ]);
  });

  test('are made of plain ones when the peer requires it', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { headers: ['Require: 100rel'] });
    rig.app.respond(180);
    const ringing = rig.sentResponse(180);
    expect(required(ringing)).toEqual(['100rel']);
    expect(header(ringing, 'RSeq')).toBeDefined();
  });

  test('that nobody sent cannot be acknowledged: PRACK gets 481, one without RAck 400', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { headers: ['Supported: 100rel'] });
    rig.app.respond(183, { headers: REL });
    const progress = rig.sentResponse(183);
    const tag = toTag(progress) ?? '';
    rig.arrive('PRACK', { toTag: tag, cseq: 2, headers: ['RAck: 999 1 INVITE'] });
    expect(rig.said()).toEqual(['481']);
    rig.arrive('PRACK', { toTag: tag, cseq: 3 });
    expect(rig.sentResponse(400).reason).toBe('Missing RAck');
    rig.arrive('PRACK', { toTag: tag, cseq: 4, headers: ['RAck: soon'] });
    expect(rig.sentResponse(400).reason).toBe('Bad RAck');
  });
});
