import {
  type Anchoring,
  anchor,
  ownOrigin,
  parseSdp,
  recordMarks,
  recordPreferences,
  strongestMark,
} from '../../../src/media';

const HEAD = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0'];
const AUDIO = ['m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000'];
const VIDEO = ['m=video 4002 RTP/AVP 96', 'a=rtpmap:96 VP8/90000'];

function text(...lines: readonly string[]): string {
  return [...lines, ''].join('\r\n');
}

function read(...lines: readonly string[]) {
  const parsed = parseSdp(text(...lines));
  if (!parsed.ok) throw parsed.fault;
  return parsed.value;
}

function told(lines: readonly string[], recording: Anchoring['recording']): string[] {
  const at = (rtpPort: number) => ({ address: '198.18.0.1', rtpPort, rtcpPort: rtpPort + 1 });
  const anchored = anchor(text(...lines), {
    origin: ownOrigin('7', '198.18.0.1'),
    media: [at(30_000), at(30_004)],
    ...(recording && { recording }),
  });
  if (!anchored.ok) throw anchored.fault;
  return anchored.value.text.split('\r\n').filter((line) => /^(m=|a=record)/.test(line));
}

describe('a=record and a=recordpref', () => {
  it('at media level override those of the session', () => {
    const description = read(
      ...HEAD,
      'a=record:on',
      'a=recordpref:off',
      ...AUDIO,
      'a=record:paused',
      ...VIDEO,
      'a=recordpref:Pause',
    );
    expect(recordMarks(description)).toEqual(['paused', 'on']);
    expect(recordPreferences(description)).toEqual(['off', 'pause']);
  });

  it('say nothing with words that nobody knows, or when they are not there', () => {
    const description = read(...HEAD, 'a=record:maybe', 'a=recordpref', ...AUDIO, ...VIDEO);
    expect(recordMarks(description)).toEqual([undefined, undefined]);
    expect(recordPreferences(description)).toEqual([undefined, undefined]);
  });

  it('come to the strongest where several record', () => {
    expect(strongestMark('off', 'paused', undefined)).toBe('paused');
    expect(strongestMark('paused', 'on')).toBe('on');
    expect(strongestMark(undefined)).toBeUndefined();
  });
});

describe('what a reader is told of the recording', () => {
  const offered = [...HEAD, 'a=record:off', 'a=recordpref:on', ...AUDIO, 'a=record:on', ...VIDEO];

  it('stands in place of what the description said', () => {
    expect(told(offered, { marks: ['paused', undefined], passesPreference: false })).toEqual([
      'm=audio 30000 RTP/AVP 0',
      'a=record:paused',
      'm=video 30004 RTP/AVP 96',
    ]);
  });

  it('stands at session level, too, when it is the same of all media that are not refused', () => {
    expect(
      told([...HEAD, ...AUDIO, 'm=video 0 RTP/AVP 96'], {
        marks: ['on', undefined],
        passesPreference: false,
      }),
    ).toEqual(['a=record:on', 'm=audio 30000 RTP/AVP 0', 'a=record:on', 'm=video 0 RTP/AVP 96']);
  });

  it('may hold the wish of the other end', () => {
    expect(told(offered, { marks: [], passesPreference: true })).toEqual([
      'a=recordpref:on',
      'm=audio 30000 RTP/AVP 0',
      'm=video 30004 RTP/AVP 96',
    ]);
  });

  it('is what the description says where nobody has a say', () => {
    expect(told(offered, undefined)).toEqual([
      'a=record:off',
      'a=recordpref:on',
      'm=audio 30000 RTP/AVP 0',
      'a=record:on',
      'm=video 30004 RTP/AVP 96',
    ]);
  });
});
