import { toTag } from '../../../src/engine/message';
import { Rig, SDP } from '../support/rig';

describe('a request whose Request-URI cannot be read', () => {
  const uri = 'sip:sip:192.0.2.10:5060';

  test('acknowledges all the same: a dropped ACK would cost the call', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP });
    rig.app.respond(200, { body: SDP, headers: ['Contact: <sip:me@192.0.2.10:5060>'] });
    const tag = toTag(rig.sentResponse(200)) ?? '';
    rig.arriveMalformed('ACK', { uri, toTag: tag, body: SDP });
    expect(rig.app.last.message).toMatchObject({ method: 'ACK', uri: 'sip:me@192.0.2.10:5060' });
    expect(rig.app.last.message.body.toString()).toBe(SDP);
    rig.clock.advance(32_000);
    expect(rig.said()).toEqual([]);
    expect(rig.agent.stats().dialogs).toBe(1);
  });

  test('is taken as any other inside a dialog of ours', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall();
    rig.arriveMalformed('INFO', { uri: 'nonsense here', toTag: tag, cseq: 2 });
    expect(rig.app.last.message).toMatchObject({ method: 'INFO', uri: 'sip:192.0.2.10:5060' });
    rig.app.respond(200);
    rig.arriveMalformed('BYE', { uri, toTag: tag, cseq: 3 });
    rig.app.respond(200);
    expect(rig.said()).toEqual(['200', '200']);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('acknowledges a failure of ours', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { branch: 'z9hG4bKrefused' });
    rig.app.respond(486);
    const tag = toTag(rig.sentResponse(486)) ?? '';
    rig.arriveMalformed('ACK', { uri, toTag: tag, branch: 'z9hG4bKrefused' });
    rig.clock.advance(10_000);
    expect(rig.said()).toEqual([]);
  });

  test('gets 400 where it names no dialog of ours, or where more is wrong with it', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall();
    rig.arriveMalformed('INVITE', { uri, callId: 'new' });
    rig.arriveMalformed('INFO', { uri, toTag: 'stranger', cseq: 2 });
    rig.arriveMalformed('INFO', { uri, toTag: tag, cseq: 2, headers: ['Max-Forwards: many'] });
    rig.arriveMalformed('ACK', { uri, toTag: 'stranger', cseq: 2 });
    expect(rig.said()).toEqual(['400', '400', '400']);
  });
});
