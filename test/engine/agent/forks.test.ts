import { header, type SipRequest, toTag } from '../../../src/engine/message';
import { Rig, SDP } from '../support/rig';

describe('reliable provisional responses of several forks', () => {
  function called(): { rig: Rig; invite: SipRequest } {
    const rig = new Rig();
    rig.app.send('INVITE', 'sip:callee@192.0.2.20', {
      body: SDP,
      headers: ['Supported: 100rel'],
    });
    return { rig, invite: rig.sentRequest('INVITE') };
  }

  function ring(rig: Rig, invite: SipRequest, tag: string, rseq: number): string {
    rig.answer(invite, 180, { tag, headers: ['Require: 100rel', `RSeq: ${rseq}`] });
    return rig.app.answer.ids.dialogId;
  }

  /** The early dialog that a PRACK of the application goes to. */
  function pracked(rig: Rig, dialogId: string, rseq: number): string | undefined {
    rig.app.inDialog('PRACK', dialogId, { headers: [`RAck: ${rseq} 1 INVITE`] });
    const prack = rig.sentRequest('PRACK');
    expect(header(prack, 'RAck')).toBe(`${rseq} 1 INVITE`);
    rig.answer(prack, 200);
    return toTag(prack);
  }

  test('are each acknowledged in their own early dialog', () => {
    const { rig, invite } = called();
    const id = ring(rig, invite, 'one', 1000);
    expect(pracked(rig, id, 1000)).toBe('one');
    ring(rig, invite, 'two', 2000);
    expect(pracked(rig, id, 2000)).toBe('two');
    ring(rig, invite, 'two', 2001);
    ring(rig, invite, 'one', 1001);
    expect(pracked(rig, id, 2001)).toBe('two');
    expect(pracked(rig, id, 1001)).toBe('one');
  });

  test('that skip a number are not taken', () => {
    const { rig, invite } = called();
    ring(rig, invite, 'one', 1000);
    ring(rig, invite, 'one', 1002);
    expect(rig.app.responses).toHaveLength(1);
  });

  test('are told apart when the forks number alike', () => {
    const { rig, invite } = called();
    const id = ring(rig, invite, 'one', 1);
    ring(rig, invite, 'two', 1);
    expect([pracked(rig, id, 1), pracked(rig, id, 1)]).toEqual(['one', 'two']);
    ring(rig, invite, 'two', 2);
    expect(pracked(rig, id, 2)).toBe('two');
    ring(rig, invite, 'one', 2);
    expect(pracked(rig, id, 2)).toBe('one');
  });
});
