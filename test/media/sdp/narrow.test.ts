import { narrow, type PayloadDescription, parseSdp } from '../../../src/media';
import { CISCO_MPP } from './fixtures';

const G711 = ({ codec }: PayloadDescription) => codec.startsWith('PCM');

function sdp(...lines: string[]): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    ...lines,
    '',
  ].join('\r\n');
}

function narrowed(text: string, wanted = G711): string {
  const result = narrow(text, wanted);
  if (!result.ok) throw result.fault;
  return result.value.text;
}

describe('an offer without some of its codecs', () => {
  it('keeps numbers and order, and what is said of codecs that stay', () => {
    const offer = sdp(
      'm=audio 4000 RTP/AVP 18 8 96 0 101 13',
      'a=rtpmap:18 G729/8000',
      'a=fmtp:18 annexb=no',
      'a=rtpmap:96 AMR-WB/16000',
      'a=fmtp:96 octet-align=1',
      'a=rtcp-fb:96 nack',
      'a=rtcp-fb:* ccm tmmbr',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      'a=ptime:20',
      'a=sendrecv',
    );
    expect(narrowed(offer)).toBe(
      sdp(
        'm=audio 4000 RTP/AVP 8 0 101 13',
        'a=rtcp-fb:* ccm tmmbr',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-16',
        'a=ptime:20',
        'a=sendrecv',
      ),
    );
    expect(narrow(offer, G711)).toMatchObject({ ok: true, value: { narrowed: true } });
  });

  it('stays whole where no speech would be left, or nothing is unwanted', () => {
    for (const formats of ['18 101', '8 0 101']) {
      const offer = sdp(`m=audio 4000 RTP/AVP ${formats}`, 'a=rtpmap:101 telephone-event/8000');
      expect(narrow(offer, G711)).toEqual({ ok: true, value: { text: offer, narrowed: false } });
    }
  });

  it('loses them in the audio that is recorded alone', () => {
    const rest = ['m=video 4002 RTP/AVP 34', 'm=audio 4004 RTP/AVP 18 0', 'm=image 4006 udptl t38'];
    const offer = sdp('m=audio 0 RTP/AVP 18 0', 'm=audio 4000 RTP/AVP 18 0', ...rest);
    expect(narrowed(offer)).toBe(sdp('m=audio 0 RTP/AVP 18 0', 'm=audio 4000 RTP/AVP 0', ...rest));
  });

  it('is one that phones understand', () => {
    const parsed = parseSdp(narrowed(CISCO_MPP));
    if (!parsed.ok) throw parsed.fault;
    const codecs = parsed.value.media[0]!.payloads.map(({ codec }) => codec);
    expect(new Set(codecs)).toEqual(new Set(['PCMU', 'PCMA', 'telephone-event']));
  });

  it('is refused like any other when it is none', () => {
    expect(narrow('nonsense', G711)).toMatchObject({ ok: false });
  });
});
