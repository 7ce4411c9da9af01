import { cseq, header, optionTags, sessionExpires, toTag } from '../../../src/engine/message';
import { Rig, SDP } from '../support/rig';

const TIMER = (value: string) => ['Supported: timer', `Session-Expires: ${value}`];

describe('a session timer asked for by the caller', () => {
  test('is granted in the 200, the caller refreshing when it did not say', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP, headers: TIMER('1800') });
    rig.app.respond(200, { body: SDP });
    const ok = rig.sentResponse(200);
    expect(sessionExpires(ok)).toEqual({ seconds: 1800, refresher: 'uac' });
    expect(optionTags(ok, 'Require')).toContain('timer');
  });

  test('is refreshed by the callee when the caller wants it', () => {
    const rig = new Rig();
    const { dialogId, toTag: tag } = rig.answeredCall({
      invite: { headers: [...TIMER('90;refresher=uas'), 'Allow: INVITE, ACK, BYE, UPDATE'] },
      ok: { body: SDP },
    });
    rig.clock.advance(44_999);
    expect(rig.said()).toEqual([]);
    rig.clock.advance(1);
    const update = rig.sentRequest('UPDATE');
    expect(sessionExpires(update)).toEqual({ seconds: 90, refresher: 'uac' });
    expect(update.body).toHaveLength(0);
    expect(toTag(update)).toBe('peer-tag');
    rig.answer(update, 200, { headers: TIMER('90;refresher=uac') });
    expect(rig.app.responses).toEqual([]);
    rig.clock.advance(45_000);
    expect(rig.said()).toEqual(['UPDATE']);
    rig.arrive('INFO', { toTag: tag, cseq: 9 });
    expect(rig.app.last.ids.dialogId).toBe(dialogId);
  });

  test('is refreshed by re-INVITE with the last description where UPDATE is not taken', () => {
    const rig = new Rig();
    rig.answeredCall({ invite: { headers: TIMER('90;refresher=uas') }, ok: { body: SDP } });
    rig.clock.advance(45_000);
    const reinvite = rig.sentRequest('INVITE');
    expect(reinvite.body.toString()).toBe(SDP);
    expect(header(reinvite, 'Content-Type')).toBe('application/sdp');
    rig.answer(reinvite, 200, { body: SDP, headers: TIMER('90;refresher=uac') });
    const ack = rig.sentRequest('ACK');
    expect(cseq(ack)?.seq).toBe(cseq(reinvite)?.seq);
    rig.answer(reinvite, 200, { body: SDP, headers: TIMER('90;refresher=uac') });
    expect(rig.said()).toEqual(['ACK']);
    expect(rig.app.responses).toEqual([]);
  });

  test('below what is taken is refused with 422 and what is taken', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { headers: TIMER('60') });
    expect(header(rig.sentResponse(422), 'Min-SE')).toBe('90');
    expect(rig.app.requests).toEqual([]);
  });

  test('is refreshed by us when only a proxy asked for it', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP, headers: ['Session-Expires: 600'] });
    rig.app.respond(200, { body: SDP });
    const ok = rig.sentResponse(200);
    expect(sessionExpires(ok)).toEqual({ seconds: 600, refresher: 'uas' });
    expect(optionTags(ok, 'Require')).toEqual([]);
  });

  test('not refreshed by the caller ends the dialog with BYE shortly before its end', () => {
    const rig = new Rig();
    rig.answeredCall({ invite: { headers: TIMER('90;refresher=uac') } });
    rig.clock.advance(59_999);
    expect(rig.said()).toEqual([]);
    rig.clock.advance(1);
    expect(header(rig.sentRequest('BYE'), 'Reason')).toContain('Session timer expired');
    expect(rig.app.unsolicitedByes).toHaveLength(1);
  });

  test('refreshed by the caller goes on, by UPDATE and by re-INVITE', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall({ invite: { headers: TIMER('90;refresher=uac') } });
    rig.clock.advance(45_000);
    rig.arrive('UPDATE', { toTag: tag, cseq: 2, headers: TIMER('90;refresher=uac') });
    rig.app.respond(200);
    expect(sessionExpires(rig.sentResponse(200))).toEqual({ seconds: 90, refresher: 'uac' });
    rig.clock.advance(45_000);
    rig.arrive('INVITE', { toTag: tag, cseq: 3, headers: TIMER('90;refresher=uac'), body: SDP });
    rig.app.respond(200, { body: SDP });
    rig.arrive('ACK', { toTag: tag, cseq: 3 });
    rig.clock.advance(59_000);
    expect(rig.app.unsolicitedByes).toEqual([]);
    rig.clock.advance(1_000);
    expect(rig.app.unsolicitedByes).toHaveLength(1);
  });

  test('is left to the application that answers with its own', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { headers: TIMER('1800') });
    rig.app.respond(200, { headers: ['session-expires: 300;refresher=uas'], body: SDP });
    expect(sessionExpires(rig.sentResponse(200))).toEqual({ seconds: 300, refresher: 'uas' });
    rig.arrive('ACK', { toTag: toTag(rig.sentResponse(200)) ?? '' });
    rig.clock.advance(150_000);
    expect(rig.said().at(-1)).toBe('INVITE');
  });
});

describe('a session timer asked for by the application', () => {
  const placed = (answer: string) => {
    const rig = new Rig();
    const call = rig.placedCall({
      invite: { headers: ['session-expires: 90'], body: SDP },
      ok: { headers: [`Session-Expires: ${answer}`, 'Require: timer'], body: SDP },
    });
    return { rig, ...call };
  };

  test('says that the timer is supported', () => {
    const { invite } = placed('90;refresher=uac');
    expect(optionTags(invite, 'Supported')).toContain('timer');
  });

  test('is refreshed by us as the 200 says, and again after a refusal', () => {
    const { rig } = placed('90;refresher=uac');
    rig.clock.advance(45_000);
    rig.answer(rig.sentRequest('INVITE'), 491);
    rig.clock.advance(4_000);
    const again = rig.sentRequest('INVITE');
    rig.answer(again, 200, { headers: TIMER('90;refresher=uac'), body: SDP });
    expect(rig.said()).toEqual(['ACK']);
    expect(rig.app.unsolicitedByes).toEqual([]);
  });

  test.each([
    ['481', (rig: Rig) => rig.answer(rig.sentRequest('INVITE'), 481)],
    ['no answer', (rig: Rig) => rig.clock.advance(32_000)],
  ])('whose refresh gets %s ends the dialog', (_, answer) => {
    const { rig } = placed('180;refresher=uac');
    rig.clock.advance(90_000);
    answer(rig);
    expect(rig.app.unsolicitedByes).toHaveLength(1);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('whose refresh is found too short is refreshed with more', () => {
    const { rig } = placed('90;refresher=uac');
    rig.clock.advance(45_000);
    rig.answer(rig.sentRequest('INVITE'), 422, { headers: ['Min-SE: 200'] });
    expect(sessionExpires(rig.sentRequest('INVITE'))?.seconds).toBe(200);
  });

  test('is not refreshed while something else is under way', () => {
    const { rig, dialogId } = placed('90;refresher=uac');
    rig.clock.advance(44_000);
    rig.app.inDialog('INVITE', dialogId, { body: SDP });
    const reinvite = rig.sentRequest('INVITE');
    expect(sessionExpires(reinvite)).toEqual({ seconds: 90, refresher: 'uac' });
    rig.answer(reinvite, 100);
    rig.clock.advance(1_000);
    expect(rig.said()).toEqual([]);
    rig.answer(reinvite, 200, { body: SDP, headers: TIMER('90;refresher=uac') });
    rig.app.inDialog('ACK', dialogId);
    rig.said();
    rig.clock.advance(44_000);
    expect(rig.said()).toEqual([]);
    rig.clock.advance(1_000);
    expect(rig.said()).toEqual(['INVITE']);
  });

  test('may be set by the callee alone, because every INVITE of ours says that we keep it', () => {
    const rig = new Rig();
    const { invite } = rig.placedCall({
      ok: { headers: ['Session-Expires: 90;refresher=uac', 'Require: timer'], body: SDP },
    });
    expect(optionTags(invite, 'Supported')).toEqual(['timer']);
    rig.clock.advance(45_000);
    expect(rig.sentRequest('INVITE').body.toString()).toBe(SDP);
  });

  test('left out of the 200 is not used', () => {
    const rig = new Rig();
    rig.placedCall({ invite: { headers: ['session-expires: 90'] } });
    rig.clock.advance(90_000);
    expect(rig.app.unsolicitedByes).toEqual([]);
    expect(rig.clock.pending).toBe(0);
  });

  test('answered with an interval nobody may ask for is not taken at its word', () => {
    const { rig } = placed('1;refresher=uac');
    rig.clock.advance(44_000);
    expect(rig.said()).toEqual([]);
  });
});
