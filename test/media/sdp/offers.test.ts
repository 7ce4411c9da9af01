import {
  clockRates,
  negotiated,
  ownOrigin,
  type PayloadDescription,
  parseSdp,
  recordingOffer,
  writeSdp,
} from '../../../src/media';
import * as field from './fixtures';

function media(text: string) {
  const parsed = parseSdp(text);
  if (!parsed.ok) throw parsed.fault;
  return parsed.value.media;
}

function audio(formats: string, ...lines: string[]) {
  const session = ['v=0', 'c=IN IP4 192.0.2.1', `m=audio 4000 RTP/AVP ${formats}`, ...lines];
  return media(session.join('\r\n'))[0]!;
}

const types = (payloads: readonly PayloadDescription[]) =>
  payloads.map(({ payloadType }) => payloadType);

describe('what an offer and its answer agree on', () => {
  const offer = audio(
    '96 9 0 101',
    'a=rtpmap:96 OPUS/48000/2',
    'a=rtpmap:101 telephone-event/8000',
    'a=rtcp-mux',
  );

  test('numbers the formats as their receiver does', () => {
    const answer = audio(
      '111 0 120 18',
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:120 telephone-event/8000',
    );
    const agreed = negotiated(offer, answer);
    expect(types(agreed.toAnswerer)).toEqual([111, 0, 120]);
    expect(types(agreed.toOfferer)).toEqual([96, 0, 101]);
    expect(agreed).toMatchObject({ accepted: true, rtcpMux: false });
  });

  test('tells rates and channels apart', () => {
    const answer = audio('97 98', 'a=rtpmap:97 opus/48000', 'a=rtpmap:98 telephone-event/48000');
    expect(negotiated(offer, answer).toAnswerer).toEqual([]);
  });

  test('says who sends', () => {
    const held = audio('0', 'a=recvonly');
    expect(negotiated(offer, held)).toMatchObject({ offererSends: true, answererSends: false });
    const away = audio('0', 'a=sendonly', 'a=rtcp-mux');
    expect(negotiated(offer, away)).toMatchObject({
      offererSends: false,
      answererSends: true,
      rtcpMux: true,
    });
  });

  test('is nothing when the line is refused', () => {
    const [refused] = media(field.T38_REINVITE);
    expect(negotiated(offer, refused!)).toEqual({
      accepted: false,
      toAnswerer: [],
      toOfferer: [],
      offererSends: false,
      answererSends: false,
      rtcpMux: false,
    });
  });

  test('gives the clock rates of all that may come', () => {
    const { toAnswerer, toOfferer } = negotiated(offer, offer);
    expect(clockRates(toAnswerer, toOfferer)).toEqual({ 0: 8000, 9: 8000, 96: 48000, 101: 8000 });
  });
});

describe('the offer to a recorder', () => {
  const origin = ownOrigin('7', '192.0.2.7');
  const payloads = media(field.WEBEX)[0]!.payloads.slice(0, 3);
  const local = (rtpPort: number) => ({ address: '192.0.2.7', rtpPort, rtcpPort: rtpPort + 1 });

  test('has a labelled sendonly line for each stream, with the payload numbers of its leg', () => {
    const { text } = recordingOffer(origin, [
      { label: '1', local: local(4000), payloads, direction: 'sendonly', ptime: 20 },
      { label: '2', local: local(4002), payloads: payloads.slice(2), direction: 'inactive' },
    ]);
    expect(text.split('\r\n')).toEqual([
      'v=0',
      'o=- 7 1 IN IP4 192.0.2.7',
      's=-',
      'c=IN IP4 192.0.2.7',
      't=0 0',
      'm=audio 4000 RTP/AVP 111 9 0',
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=fmtp:111 maxplaybackrate=16000;sprop-maxcapturerate=16000;useinbandfec=1',
      'a=ptime:20',
      'a=sendonly',
      'a=label:1',
      'm=audio 4002 RTP/AVP 0',
      'a=rtpmap:0 PCMU/8000',
      'a=inactive',
      'a=label:2',
      '',
    ]);
  });

  test('says what differs: another address, RTCP elsewhere, a refused line', () => {
    const { text } = recordingOffer(origin, [
      {
        label: '1',
        local: { address: '2001:db8::7', rtpPort: 4000, rtcpPort: 5000 },
        payloads,
        direction: 'sendonly',
      },
      { label: '2', local: undefined, payloads, direction: 'sendonly' },
    ]);
    expect(text).toContain('m=audio 4000 RTP/AVP 111 9 0\r\nc=IN IP6 2001:db8::7\r\n');
    expect(text).toContain('a=rtcp:5000\r\n');
    expect(text).toContain('m=audio 0 RTP/AVP 111 9 0\r\n');
  });

  test('keeps its version until something changes', () => {
    const stream = { label: '1', local: local(4000), payloads } as const;
    const first = recordingOffer(origin, [{ ...stream, direction: 'sendonly' }]);
    const again = recordingOffer(first.origin, [{ ...stream, direction: 'sendonly' }]);
    expect(again.text).toBe(first.text);
    const paused = recordingOffer(again.origin, [{ ...stream, direction: 'inactive' }]);
    expect(paused.text).toContain('o=- 7 2 IN IP4 192.0.2.7\r\n');
    expect(paused.text).toContain('a=inactive\r\n');
  });

  test('is read back as it was meant', () => {
    const { text } = recordingOffer(origin, [
      { label: '1', local: local(4000), payloads, direction: 'sendonly', ptime: 20 },
    ]);
    expect(media(text)[0]).toMatchObject({
      port: 4000,
      label: '1',
      direction: 'sendonly',
      ptime: 20,
      payloads,
    });
  });
});

describe('a description of our own', () => {
  test('takes further attributes at either level', () => {
    const { text } = writeSdp({
      origin: ownOrigin('1', '::1'),
      name: 'recorder',
      attributes: [{ name: 'tool', value: 'x' }],
      media: [
        {
          kind: 'audio',
          local: { address: '::1', rtpPort: 9, rtcpPort: 9 },
          payloads: media(field.CISCO_MPP)[0]!.payloads.slice(1, 2),
          direction: 'recvonly',
          rtcpMux: true,
          attributes: [{ name: 'label', value: '7' }],
        },
      ],
    });
    expect(text).toBe(
      'v=0\r\no=- 1 1 IN IP6 ::1\r\ns=recorder\r\nc=IN IP6 ::1\r\nt=0 0\r\na=tool:x\r\n' +
        'm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=rtcp:9\r\na=recvonly\r\n' +
        'a=rtcp-mux\r\na=label:7\r\n',
    );
  });
});
