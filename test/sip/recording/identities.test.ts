import type { CallIdentities } from '../../../src/policy';
import { callIdentities } from '../../../src/sip/recording/identities';
import type { Target } from '../../../src/sip/routing';
import type { IncomingInvite } from '../../../src/ua';

/** What the policy is asked about an INVITE with these headers. */
function asked(headers: Readonly<Record<string, string>>, redirected?: Target): CallIdentities {
  const invite = { uri: 'sip:8000@b2b', header: (name: string) => headers[name] };
  return callIdentities(
    invite as unknown as IncomingInvite,
    { peer: undefined, uri: 'sip:+15559999@x', displayName: undefined, asserted: [] },
    { called: '8000', dialled: '8000' } as Parameters<typeof callIdentities>[2],
    redirected,
  );
}

describe('whom a call was for before', () => {
  it('is told by Diversion and History-Info, the latest first', () => {
    const { divertedFrom } = asked({
      to: '<sip:8000@b2b>',
      diversion: '"Bob, B" <sip:bob@x>;reason=no-answer, <sip:alice@x>',
      'history-info': '<sip:1@x>;index=1, <sip:2@x?Reason=SIP%3Bcause%3D302>;index=1.1',
    });
    expect(divertedFrom?.slice(0, 3)).toEqual([
      'sip:bob@x',
      'sip:alice@x',
      expect.stringMatching(/^sip:2@x/),
    ]);
    expect(divertedFrom?.at(-1)).toBe('sip:1@x');
  });

  it('is told by a 3xx first, and the call is then for where that leads', () => {
    const redirectedBy = ['sip:carol@192.0.2.7'];
    const target = { name: 'x', uri: 'sip:9000@vm', redirectedBy };
    const call = asked({ to: '<sip:8000@b2b>', diversion: '<sip:bob@x>' }, target);
    expect(call.calledIdentities).toEqual(['sip:9000@vm', 'sip:8000@b2b', 'sip:8000@b2b']);
    expect(call.divertedFrom).toEqual(['sip:carol@192.0.2.7', 'sip:bob@x']);
  });

  it('is nobody without them', () => {
    expect(asked({ to: '<sip:8000@b2b>' }).divertedFrom).toEqual([]);
  });
});
