import { hear, quantile } from './short-messages';

const line = (seconds: number, direction: 'S' | 'R', call: string, cseq: string, start: string) =>
  ['2026-01-01', '00:00:00', seconds.toFixed(6), direction, call, `CSeq:${cseq}`, start].join('\t');

const good = (call: string) => [
  line(1, 'S', call, '1 INVITE', 'INVITE sip:100@h SIP/2.0'),
  line(1.0005, 'R', call, '1 INVITE', 'SIP/2.0 100 Trying'),
  line(1.002, 'R', call, '1 INVITE', 'SIP/2.0 180 Ringing'),
  line(1.003, 'R', call, '1 INVITE', 'SIP/2.0 200 OK'),
  line(1.004, 'S', call, '1 ACK', 'ACK sip:h SIP/2.0'),
  line(2, 'S', call, '2 BYE', 'BYE sip:h SIP/2.0'),
  line(2.001, 'R', call, '2 BYE', 'SIP/2.0 200 OK'),
];

describe("what SIPp's trace of short messages tells", () => {
  it('counts a call as good when its INVITE and its BYE were answered 200', () => {
    const heard = hear([...good('1'), ...good('2')].join('\n'), 2);
    expect(heard).toMatchObject({ offered: 2, failed: 0, refused: 0, repeated: 0 });
  });

  it('measures from the INVITE to the first 180', () => {
    const { postDialDelaysMs } = hear(good('1').join('\n'), 1);
    expect(postDialDelaysMs).toEqual([expect.closeTo(2, 3)]);
  });

  it('counts what is missing, turned away and said twice', () => {
    const [invite, , , ok] = good('1');
    const refused = line(1, 'R', '2', '1 INVITE', 'SIP/2.0 503 Service Unavailable');
    const heard = hear([invite, invite, ok, refused].join('\n'), 3);
    expect(heard).toMatchObject({ failed: 3, refused: 1, repeated: 1 });
  });

  it('finds quantiles of ascending values', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(3);
    expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
