import type { Ids } from '../../../src/core';
import { Participants } from '../../../src/sip/recording/participants';
import type { SipMessage } from '../../../src/ua';

const CALLER = { participantId: 'caller', aor: 'sip:+15550100@trunk.example.net' };
const CALLEE = { participantId: 'callee', aor: 'sip:200@pbx.example.com', displayName: 'Alice' };

function message(headers: Readonly<Record<string, string>>, status?: number): SipMessage {
  return {
    header: (name: string) => headers[name],
    headers: [],
    body: '',
    ...(status !== undefined && { status }),
  } as SipMessage;
}

const from = (uri: string, more = {}) => message({ from: `<${uri}>;tag=1`, ...more });
const answer = (asserted?: string) =>
  message(
    { to: `<${CALLEE.aor}>;tag=2`, ...(asserted && { 'p-asserted-identity': asserted }) },
    200,
  );

describe('the participants of a call', () => {
  let parties: Participants;

  beforeEach(() => {
    let count = 0;
    const ids: Ids = { uuid: () => `new${++count}`, token: () => '' };
    parties = new Participants({ a: CALLER, b: CALLEE }, ids);
    parties.came('a', from(CALLER.aor));
  });

  function heard(side: 'a' | 'b', told: SipMessage): string {
    const changed = parties.heard(side, told);
    const { participantId, aor, displayName = '-', focus } = parties[side];
    return `${changed ? 'changed' : 'same'} ${participantId} ${aor} ${displayName}${focus ? ' focus' : ''}`;
  }

  it('are who they were, whatever they are called at first', () => {
    parties.came('b', answer('"Alice" <sip:+15550199@pbx.example.com>'));
    const again = from('sip:200@pbx.example.com', {
      'p-asserted-identity': '<sip:+15550199@10.0.0.1;user=phone>, <tel:+15550199>',
    });
    expect(heard('b', again)).toBe('same callee sip:200@pbx.example.com Alice');
    expect(heard('b', answer('<sip:15550199@other>'))).toBe(
      'same callee sip:200@pbx.example.com Alice',
    );
    expect(parties.isFirst('b')).toBe(true);
  });

  it('change by P-Asserted-Identity in a request, and in an answer', () => {
    parties.came('b', answer());
    const transferred = from(CALLEE.aor, { 'p-asserted-identity': '"Carol B." <sip:300@pbx>' });
    expect(heard('b', transferred)).toBe('changed new1 sip:300@pbx Carol B.');
    expect(heard('b', transferred)).toBe('same new1 sip:300@pbx Carol B.');
    expect(heard('a', answer('sip:+15550177@trunk.example.net'))).toBe(
      'changed new2 sip:+15550177@trunk.example.net -',
    );
    expect([parties.isFirst('a'), parties.isFirst('b')]).toEqual([false, false]);
  });

  it('are the same again when they come back', () => {
    parties.came('b', answer());
    heard('b', answer('<sip:300@pbx>'));
    expect(heard('b', answer('<sip:200@pbx>'))).toBe(
      'changed callee sip:200@pbx.example.com Alice',
    );
    expect(heard('b', answer('<sip:300@pbx>'))).toBe('changed new1 sip:300@pbx -');
  });

  it('change by Remote-Party-ID of their own, where nothing is asserted', () => {
    parties.came('b', answer());
    const remote = (party: string) =>
      from(CALLEE.aor, { 'remote-party-id': `"Carol" <sip:300@pbx>;party=${party};screen=yes` });
    expect(heard('b', remote('called'))).toBe('same callee sip:200@pbx.example.com Alice');
    expect(heard('b', remote('calling'))).toBe('changed new1 sip:300@pbx Carol');
  });

  it('change by a From that changes (RFC 4916)', () => {
    parties.came('b', answer());
    expect(heard('b', from(CALLEE.aor))).toBe('same callee sip:200@pbx.example.com Alice');
    expect(heard('b', from('sip:carol@pbx'))).toBe('changed new1 sip:carol@pbx -');
    // Answers repeat the From and To of their request.
    expect(heard('a', message({ from: '<sip:x@y>', to: '<sip:z@y>' }, 200))).toBe(
      `same caller ${CALLER.aor} -`,
    );
  });

  it('become and cease to be the focus of a conference', () => {
    parties.came('b', answer());
    const contact = (value: string) => message({ contact: value }, 200);
    expect(heard('b', contact('<sip:conf@pbx>;isfocus'))).toMatch(/^changed callee .* focus$/);
    expect(heard('b', contact('<sip:conf@pbx>;isfocus'))).toMatch(/^same callee .* focus$/);
    expect(heard('b', contact('<sip:200@pbx>'))).toBe(
      'changed callee sip:200@pbx.example.com Alice',
    );
  });
});
