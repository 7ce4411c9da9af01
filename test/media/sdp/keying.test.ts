import {
  anchor,
  LegKeying,
  ownOrigin,
  parseSdp,
  type RecordingStream,
  recordingOffer,
} from '../../../src/media';
import { newKeys, SUITES, writeCryptoAttribute } from '../../../src/media/srtp';

const LOCAL = { address: '192.0.2.7', rtpPort: 4000, rtcpPort: 4001 };

function crypto(tag: string): string {
  return `a=crypto:${writeCryptoAttribute({ tag, keys: newKeys(SUITES[0]!) })}`;
}

function sdp(...lines: string[]): string {
  return ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines].join(
    '\r\n',
  );
}

const mediaOf = (text: string) => {
  const parsed = parseSdp(text);
  if (!parsed.ok) throw parsed.fault;
  return parsed.value.media[0]!;
};

const carriage = (protocol: string, ...lines: string[]) =>
  mediaOf(sdp(`m=audio 4000 ${protocol} 0`, ...lines)).carriage;

describe('what carries the packets of an m-line', () => {
  test('is told by its transport, and for SRTP by where its keys are', () => {
    expect(carriage('RTP/AVP')).toBe('rtp');
    expect(carriage('RTP/AVP', crypto('1'))).toBe('rtp');
    expect(carriage('RTP/SAVP', crypto('1'))).toBe('srtp');
    expect(carriage('RTP/SAVPF')).toBe('srtp');
    expect(carriage('RTP/SAVPF', 'a=fingerprint:sha-256 AB')).toBe('sealed');
    expect(carriage('RTP/SAVP', 'a=key-mgmt:mikey AQAFgM')).toBe('sealed');
    expect(carriage('RTP/SAVP', 'a=fingerprint:sha-256 AB', crypto('1'))).toBe('srtp');
    expect(carriage('UDP/TLS/RTP/SAVPF', 'a=fingerprint:sha-256 AB')).toBe('sealed');
  });

  test('has the keys that can be used, in their order', () => {
    const { cryptos } = mediaOf(
      sdp(
        'm=audio 4000 RTP/SAVP 0',
        'a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA',
        crypto('2'),
        crypto('3'),
      ),
    );
    expect(cryptos.map(({ tag }) => tag)).toEqual(['2', '3']);
  });
});

describe('anchoring with keys', () => {
  test('puts ours in the place of theirs, also where they stand for the whole session', () => {
    const text = sdp(
      'a=fingerprint:sha-256 AB',
      'a=setup:active',
      'm=audio 9 RTP/SAVP 0',
      crypto('9'),
    );
    const own = { tag: '1', keys: newKeys(SUITES[0]!) };
    const anchored = anchor(text, {
      origin: ownOrigin('1', '192.0.2.7'),
      media: [LOCAL],
      keying: [{ protocol: 'RTP/AVP', crypto: [own] }],
    });
    if (!anchored.ok) throw anchored.fault;
    expect(anchored.value.text).not.toMatch(/fingerprint|setup|crypto:9|SAVP/);
    expect(mediaOf(anchored.value.text)).toMatchObject({ port: 4000, cryptos: [own] });
  });

  test('leaves a line as it is that has none of ours', () => {
    const text = sdp('a=fingerprint:sha-256 AB', 'm=audio 9 UDP/TLS/RTP/SAVP 0', 'a=setup:actpass');
    const anchored = anchor(text, {
      origin: ownOrigin('1', '192.0.2.7'),
      media: [LOCAL],
      keying: [undefined],
    });
    if (!anchored.ok) throw anchored.fault;
    expect(anchored.value.text).toMatch(/fingerprint[\s\S]*UDP\/TLS\/RTP\/SAVP 0[\s\S]*setup/);
  });
});

test('an offer to a recorder has keys of its own for each stream', () => {
  const stream = (label: string): RecordingStream => ({
    label,
    local: LOCAL,
    payloads: [{ payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1, fmtp: undefined }],
    direction: 'sendonly',
    keying: new LegKeying('required').propose('RTP/AVP'),
  });
  const { text } = recordingOffer(ownOrigin('1', '192.0.2.7'), [stream('1'), stream('2')]);
  const parsed = parseSdp(text);
  if (!parsed.ok) throw parsed.fault;
  const { media } = parsed.value;
  expect(media.map(({ protocol }) => protocol)).toEqual(['RTP/SAVP', 'RTP/SAVP']);
  for (const { cryptos } of media) {
    expect(cryptos.map(({ keys }) => keys.suite)).toEqual(SUITES.map(({ name }) => name));
  }
  const keys = media.flatMap(({ cryptos }) =>
    cryptos.map((one) => Buffer.from(one.keys.masters[0]!.key).toString('hex')),
  );
  expect(new Set(keys).size).toBe(2 * SUITES.length);
});

describe('an m-line that is off', () => {
  const off = mediaOf(sdp('m=audio 0 RTP/AVP 0'));
  const on = mediaOf(sdp('m=audio 4000 RTP/AVP 0'));

  test('is offered as the rule has it when it is switched on', () => {
    const keying = new LegKeying('required');
    expect(keying.offer(off)).toEqual({ protocol: 'RTP/AVP', crypto: [] });
    keying.hearAnswer(off);
    keying.settle();
    const offered = keying.offer(on);
    expect(offered?.protocol).toBe('RTP/SAVP');
    expect(offered?.crypto).toHaveLength(SUITES.length);
    expect(() => keying.hearAnswer(on)).toThrow(/SRTP|keys/i);
  });

  test('has new keys when the other side switches it on after its party has switched it off', () => {
    const keying = new LegKeying('mirror');
    const secured = mediaOf(sdp('m=audio 4000 RTP/SAVP 0', crypto('1')));
    const before = keying.offer(secured)!.crypto;
    keying.hearAnswer(secured);
    keying.settle();
    expect(keying.offer(secured)!.crypto).toEqual(before);
    keying.hearOffer(mediaOf(sdp('m=audio 0 RTP/SAVP 0')));
    keying.settle();
    // The contexts of the keys it had stay, with what they remember.
    expect(keying.wire).toMatchObject({ send: before[0]!.keys });
    const offered = keying.offer(secured)!;
    expect(offered.protocol).toBe('RTP/SAVP');
    expect(offered.crypto).toHaveLength(1);
    expect(offered.crypto[0]!.keys).not.toEqual(before[0]!.keys);
  });
});
