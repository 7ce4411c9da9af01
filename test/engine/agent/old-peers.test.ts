import { header, toTag } from '../../../src/engine/message';
import { Rig, SDP } from '../support/rig';

describe('a peer that forgets to close its Contact', () => {
  const contact = '<sip:7602922410@192.0.2.20:5061;+sip.src';

  test('is answered, and called at what follows the bracket', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall({ invite: { contact } });
    expect(header(rig.app.requests[0]!.message, 'Contact')).toBe(`${contact}>`);
    rig.app.inDialog('BYE', dialogId);
    expect(rig.sentRequest('BYE').uri).toBe('sip:7602922410@192.0.2.20:5061;+sip.src');
  });
});

describe('a BYE out of order', () => {
  test('ends the call all the same: it can mean nothing else', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall({ invite: { cseq: 660_944_698 } });
    rig.arrive('INFO', { toTag: tag, cseq: 610_644_698 });
    expect(rig.said()).toEqual(['500']);
    rig.arrive('BYE', { toTag: tag, cseq: 610_644_699 });
    expect(rig.app.last.message.method).toBe('BYE');
    rig.app.respond(200);
    expect(rig.said()).toEqual(['200']);
    expect(rig.agent.stats().dialogs).toBe(0);
  });
});

describe('a peer that knows no To tags', () => {
  /** Answered, and neither acknowledged nor ended. */
  function answered(): { rig: Rig; tag: string } {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP });
    rig.app.respond(200, { body: SDP });
    return { rig, tag: toTag(rig.sentResponse(200)) ?? '' };
  }

  test('acknowledges and ends its call by Call-ID and From tag', () => {
    const { rig, tag } = answered();
    rig.arrive('ACK');
    expect(rig.app.last.message.method).toBe('ACK');
    rig.clock.advance(32_000);
    expect(rig.said()).toEqual([]);
    rig.arrive('BYE', { cseq: 2 });
    expect(rig.app.last).toMatchObject({
      message: { method: 'BYE' },
      ids: { dialogId: 'call-1;from-tag=peer-tag' },
    });
    rig.app.respond(200);
    expect(toTag(rig.sentResponse(200))).toBe(tag);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('reaches no call of anybody else, and none that we placed', () => {
    const { rig } = answered();
    rig.arrive('ACK', { fromTag: 'stranger' });
    rig.clock.advance(500);
    expect(rig.said()).toEqual(['200']);
    rig.arrive('ACK');
    rig.arrive('BYE', { cseq: 2, callId: 'other' });
    rig.app.respond(481);
    const { invite, localTag } = rig.placedCall();
    rig.arrive('BYE', { cseq: 3, callId: header(invite, 'Call-ID') ?? '', fromTag: localTag });
    rig.app.respond(481);
    expect(rig.agent.stats().dialogs).toBe(2);
  });

  test('may not change its call so', () => {
    const { rig } = answered();
    rig.arrive('ACK');
    rig.arrive('INVITE', { cseq: 2, body: SDP });
    expect(rig.said()).toEqual(['491']);
  });
});
