import { DialogReferences } from '../../src/sip/dialog-references';
import { CALL_METHODS, hasOption, keptHeaders, negotiatedHeaders } from '../../src/sip/headers';
import { nextMaxForwards } from '../../src/sip/procedures/invite';
import { redirectTargets } from '../../src/sip/procedures/redirect';
import { OwnAddresses } from '../../src/sip/routing';
import { canonicalName, type Dialog, type SipMessage } from '../../src/ua';

function message(...headers: Array<[string, string]>): SipMessage {
  return {
    headers: headers.map(([name, value]) => ({ key: canonicalName(name), name, value })),
    body: '',
    header: (name) => {
      const found = headers.filter(([one]) => one.toLowerCase() === name.toLowerCase());
      return found.length === 0 ? undefined : found.map(([, value]) => value).join(', ');
    },
  };
}

describe('headers on their way through', () => {
  it('keep identity, history, causes and what nobody knows, in order and apart', () => {
    const kept = keptHeaders(
      message(
        ['P-Asserted-Identity', '<sip:a@x>'],
        ['Warning', '399 a "one, two"'],
        ['warning', '399 b "three"'],
        ['X-Anything', '1'],
        ['Proxy-Authorization', 'Digest a="1", b="2"'],
      ),
      { passProduct: false },
    );
    expect(kept).toEqual({
      'P-Asserted-Identity': '<sip:a@x>',
      Warning: ['399 a "one, two"', '399 b "three"'],
      'X-Anything': '1',
      'Proxy-Authorization': 'Digest a="1", b="2"',
    });
  });

  it('leave what belongs to the hop, in compact form too', () => {
    const hop: Array<[string, string]> = [
      ['v', 'SIP/2.0/UDP x'],
      ['m', '<sip:x>'],
      ['i', '1@x'],
      ['l', '0'],
      ['Record-Route', '<sip:x;lr>'],
      ['RSeq', '1'],
      ['x', '1800'],
      ['Server', 'secret'],
    ];
    expect(keptHeaders(message(...hop), { passProduct: false })).toEqual({});
  });

  it('let Contact through in a redirection, and the product where that is wanted', () => {
    const response = message(['Contact', '<sip:c@x>'], ['Server', 'pbx']);
    expect(keptHeaders(response, { passProduct: true, redirection: true })).toEqual({
      Contact: '<sip:c@x>',
      Server: 'pbx',
    });
  });

  it('say what both ends and we can do', () => {
    expect(
      negotiatedHeaders(
        message(
          ['Allow', 'INVITE, ACK, BYE, XYZZY, UPDATE'],
          ['Supported', '100rel, timer, tdialog'],
          ['Require', 'timer'],
        ),
      ),
    ).toEqual({ Allow: 'INVITE, ACK, BYE, UPDATE', Supported: '100rel, tdialog' });
    expect(negotiatedHeaders(message())).toEqual({ Allow: CALL_METHODS.join(', ') });
    expect(hasOption('100rel, timer', 'timer')).toBe(true);
  });
});

describe('Max-Forwards', () => {
  it.each([
    [undefined, 69],
    ['70', 69],
    ['1', 0],
    ['0', undefined],
    ['-3', undefined],
    ['many', undefined],
    ['99999', 254],
  ])('%s becomes %s', (received, next) => {
    expect(nextMaxForwards(received)).toBe(next);
  });
});

describe('references to dialogs', () => {
  const dialog = (callId: string, localTag: string, remoteTag: string) =>
    ({ callId, localTag, remoteTag }) as Dialog;
  const references = new DialogReferences();
  const caller = dialog('a@x', 'us1', 'alice');
  const callee = dialog('b@x', 'us2', 'bob');
  references.add(caller, callee, 'group');

  it('are told to the other side as it knows the call', () => {
    expect(
      references.carried(message(['Replaces', 'a@x;to-tag=us1;from-tag=alice;early-only'])),
    ).toEqual({
      Replaces: 'b@x;to-tag=bob;from-tag=us2;early-only',
    });
    expect(
      references.carried(message(['Target-Dialog', 'b@x;local-tag=bob;remote-tag=us2'])),
    ).toEqual({
      'Target-Dialog': 'a@x;remote-tag=alice;local-tag=us1',
    });
  });

  it('tell of the group of a call of which a side is replaced', () => {
    const group = (value: string) => references.groupReplacedBy(message(['Replaces', value]));
    expect(group('b@x;from-tag=bob;to-tag=us2')).toBe('group');
    expect(group('b@x;from-tag=us2;to-tag=bob')).toBeUndefined();
    expect(group('c@x;from-tag=bob;to-tag=us2')).toBeUndefined();
    expect(references.groupReplacedBy(message())).toBeUndefined();
  });

  it('stay as they are when they are of others, or do not fit', () => {
    const other = 'c@x;to-tag=1;from-tag=2';
    const wrong = 'a@x;to-tag=alice;from-tag=us1';
    expect(references.carried(message(['Replaces', other]))).toEqual({ Replaces: other });
    expect(references.carried(message(['Join', wrong]))).toEqual({ Join: wrong });
    const broken = '<sip:c@x?Replaces=%E0%A4%A>';
    expect(references.carried(message(['Refer-To', broken]))).toEqual({ 'Refer-To': broken });
  });
});

describe('the contacts of a redirection', () => {
  it('are tried best first, once, and never ourselves', () => {
    const own = new OwnAddresses(['udp/10.0.0.5:5060'], []);
    const contacts = [
      '<sip:b@192.0.2.2>;q=0.2',
      '"C" <sip:c@192.0.2.3>;q=0.9',
      '<sip:known@192.0.2.4>',
      '<sip:me@10.0.0.5>',
      '<mailto:x@y>',
      '<sip:c@192.0.2.3>',
    ].join(', ');
    const known = [{ name: 'x', uri: 'sip:known@192.0.2.4' }];
    const from = { name: 'x', uri: 'sip:a@192.0.2.1', redirectedBy: ['sip:first@192.0.2.0'] };
    const targets = redirectTargets(message(['Contact', contacts]), from, known, own);
    expect(targets.map(({ uri }) => uri)).toEqual(['sip:c@192.0.2.3', 'sip:b@192.0.2.2']);
    expect(targets[0]?.redirectedBy).toEqual(['sip:a@192.0.2.1', 'sip:first@192.0.2.0']);
  });
});
