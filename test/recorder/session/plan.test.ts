import { ownOrigin } from '../../../src/media';
import {
  newKeys,
  readCryptoAttribute,
  suiteNamed,
  writeCryptoAttribute,
} from '../../../src/media/srtp';
import { describePlan } from '../../../src/recorder/session/answer';
import { planLines, rateOf, refusalOf, takenLines } from '../../../src/recorder/session/plan';
import { described } from '../support/client';

const HEAD = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0'];
const offer = (...lines: string[]) => described([...HEAD, ...lines, ''].join('\r\n'));
const audio = (port: number, label?: string, ...more: string[]): string[] => [
  `m=audio ${port} RTP/AVP 0`,
  'a=sendonly',
  ...(label === undefined ? [] : [`a=label:${label}`]),
  ...more,
];
const channels = (plan: ReturnType<typeof planLines>) =>
  takenLines(plan).map(({ label, channel }) => [label, channel]);

describe('channels', () => {
  it('follow the labels when these are numbers', () => {
    const plan = planLines(offer(...audio(4000, '20'), ...audio(4002, '3')));
    expect(channels(plan)).toEqual([
      ['20', 1],
      ['3', 0],
    ]);
  });

  it('follow the lines when labels are words, or missing', () => {
    expect(channels(planLines(offer(...audio(4000, 'bob'), ...audio(4002, 'alice'))))).toEqual([
      ['bob', 0],
      ['alice', 1],
    ]);
    expect(channels(planLines(offer(...audio(4000), ...audio(4002))))).toEqual([
      [undefined, 0],
      [undefined, 1],
    ]);
  });

  it('stay with their label, wherever it moves', () => {
    const before = planLines(offer(...audio(4000, '1'), ...audio(4002, '2')));
    const after = planLines(offer(...audio(4000, '2'), ...audio(4002, '1')), before);
    expect(channels(after)).toEqual([
      ['2', 1],
      ['1', 0],
    ]);
  });

  it('of streams that are gone are taken by new ones; without such the last is shared', () => {
    const before = planLines(offer(...audio(4000, '1'), ...audio(4002, '2')));
    const replaced = planLines(offer(...audio(4000, '3'), ...audio(4002, '2')), before);
    expect(channels(replaced)).toEqual([
      ['3', 0],
      ['2', 1],
    ]);
    const more = planLines(
      offer(...audio(4000, '1'), ...audio(4002, '2'), ...audio(4004, '3')),
      before,
    );
    expect(channels(more).at(-1)).toEqual(['3', 1]);
    expect(more.channels.count).toBe(2);
  });
});

describe('a line', () => {
  it.each([
    ['sendonly', true],
    ['sendrecv', true],
    ['recvonly', false],
    ['inactive', false],
  ])('that is %s is active: %s', (direction, active) => {
    const [line] = takenLines(planLines(offer('m=audio 4000 RTP/AVP 0', `a=${direction}`)));
    expect(line).toMatchObject({ active });
  });

  it('is paused when its address becomes 0.0.0.0, not when it was so from the beginning', () => {
    const held = offer(...audio(4000, '1', 'c=IN IP4 0.0.0.0'));
    const first = planLines(held);
    expect(takenLines(first)[0]).toMatchObject({ active: true, remote: undefined });
    expect(takenLines(planLines(held, first))[0]).toMatchObject({ active: true });
    const flowing = planLines(offer(...audio(4000, '1')));
    const paused = planLines(held, flowing);
    expect(takenLines(paused)[0]).toMatchObject({ active: false });
    expect(takenLines(planLines(held, paused))[0]).toMatchObject({ active: false });
    expect(takenLines(planLines(offer(...audio(4000, '1')), paused))[0]).toMatchObject({
      active: true,
    });
  });

  it('of which nothing can be decoded is taken as it is', () => {
    const [line] = takenLines(planLines(offer('m=audio 4000 RTP/AVP 18 4', 'a=sendonly')));
    expect(line!.accepted.map(({ codec }) => codec)).toEqual(['G729', 'G723']);
  });
});

describe('the answer', () => {
  it('has every line in its place, labels and protocol as offered', () => {
    const plan = planLines(
      offer(
        'm=audio 4000 RTP/AVPF 8 0 101',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-15',
        'a=sendonly',
        'a=label:1',
        'a=rtcp-mux',
        'm=video 4002 RTP/AVP 96',
        'a=rtpmap:96 H264/90000',
        'm=audio 4004 RTP/SAVP 0',
        'm=application 9 TCP/MSRP *',
        'm=audio 0 RTP/AVP 0',
        'm=audio 4006 RTP/AVP 0',
        'a=inactive',
      ),
    );
    const ports = [0, 5].map((line) => ({
      line,
      local: { address: '198.51.100.1', rtpPort: 5000 + 2 * line, rtcpPort: 5001 + 2 * line },
    }));
    const { text } = describePlan(plan, ports, ownOrigin('7', '198.51.100.1'));
    expect(text.split('\r\n').filter((line) => line.startsWith('m='))).toEqual([
      'm=audio 5000 RTP/AVPF 8 0 101',
      'm=video 0 RTP/AVP 96',
      'm=audio 0 RTP/SAVP 0',
      'm=application 0 TCP/MSRP *',
      'm=audio 0 RTP/AVP 0',
      'm=audio 5010 RTP/AVP 0',
    ]);
    expect(described(text).media).toMatchObject([
      { direction: 'recvonly', label: '1', rtcpMux: true },
      {},
      {},
      {},
      {},
      { direction: 'inactive' },
    ]);
  });

  it('raises its version when it changes, and only then', () => {
    const plan = planLines(offer(...audio(4000, '1')));
    const ports = [{ line: 0, local: { address: '198.51.100.1', rtpPort: 5000, rtcpPort: 5001 } }];
    const first = describePlan(plan, ports, ownOrigin('7', '198.51.100.1'));
    const again = describePlan(plan, ports, first.origin);
    const paused = planLines(offer(...audio(4000, '1'), 'a=inactive'), plan);
    expect(again.text).toBe(first.text);
    expect(describePlan(paused, ports, again.origin).origin.version).toBe(first.origin.version);
    const inactive = planLines(offer('m=audio 4000 RTP/AVP 0', 'a=inactive', 'a=label:1'), plan);
    expect(describePlan(inactive, ports, again.origin).origin.version).toBe(
      first.origin.version + 1,
    );
  });
});

it('the rate is 16 kHz only when a wideband codec is agreed on', () => {
  expect(rateOf(planLines(offer(...audio(4000))))).toBe(8000);
  expect(rateOf(planLines(offer('m=audio 4000 RTP/AVP 0 9')))).toBe(16_000);
  expect(rateOf(planLines(offer('m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:96 opus/48000/2')))).toBe(
    16_000,
  );
  expect(rateOf(planLines(offer('m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:96 AMR-WB/16000')))).toBe(
    8000,
  );
});

it('an offer is refused with the warning that says why, or not at all', () => {
  expect(refusalOf(offer(...audio(4000)))).toBeUndefined();
  expect(refusalOf(offer('m=audio 4000 RTP/SAVP 0', ...audio(4002)))).toBeUndefined();
  expect(refusalOf(offer('m=audio 4000 RTP/SAVP 0'))).toMatch(/^302 .*SRTP/);
  expect(refusalOf(offer('m=video 4000 RTP/AVP 96'))).toMatch(/^304/);
  expect(refusalOf(offer('m=audio 4000 RTP/AVP 96'))).toMatch(/^305/);
  expect(refusalOf(offer())).toMatch(/^304/);
});

describe('a line by SRTP', () => {
  const key = () =>
    writeCryptoAttribute({ tag: '4', keys: newKeys(suiteNamed('AES_CM_128_HMAC_SHA1_80')!) });
  const secure = (crypto: string) =>
    offer('m=audio 4000 RTP/SAVP 0', 'a=sendonly', 'a=label:1', `a=crypto:${crypto}`);
  const srtpOf = (plan: ReturnType<typeof planLines>) => takenLines(plan)[0]!.srtp!;

  it('is answered with a key of ours under the number of theirs', () => {
    const crypto = key();
    const plan = planLines(secure(crypto));
    const ports = [{ line: 0, local: { address: '198.51.100.1', rtpPort: 5000, rtcpPort: 5001 } }];
    const [media] = described(describePlan(plan, ports, ownOrigin('7', '198.51.100.1')).text).media;
    expect(media).toMatchObject({ protocol: 'RTP/SAVP', port: 5000 });
    expect(media!.cryptos).toEqual([{ tag: '4', keys: srtpOf(plan).session.send }]);
    expect(srtpOf(plan).session.receive).toEqual(readCryptoAttribute(crypto)!.keys);
    expect(srtpOf(plan).session.send).not.toEqual(srtpOf(plan).session.receive);
  });

  it('keeps our key when it is offered again, whatever theirs', () => {
    const plan = planLines(secure(key()));
    expect(srtpOf(planLines(secure(key()), plan)).session.send).toEqual(srtpOf(plan).session.send);
  });
});
