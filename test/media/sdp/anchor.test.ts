import fc from 'fast-check';
import { type Anchoring, anchor, type Endpoint, ownOrigin, parseSdp } from '../../../src/media';
import * as field from './fixtures';

const US = '198.18.0.1';
const origin = ownOrigin('4242', US);

function local(index: number, address = US): Endpoint {
  const rtpPort = 30_000 + 2 * index;
  return { address, rtpPort, rtcpPort: rtpPort + 1 };
}

const everyLine: Anchoring = { origin, media: Array.from({ length: 64 }, (_, i) => local(i)) };

function anchored(text: string, anchoring: Anchoring = everyLine): string {
  const result = anchor(text, anchoring);
  if (!result.ok) throw result.fault;
  return result.value.text;
}

/** Lines that differ, as `- old` and `+ new`. */
function changes(before: string, after: string): string[] {
  const [old, now] = [before.split('\r\n'), after.split('\r\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}

describe('anchoring a description', () => {
  test('changes origin, address and port, and nothing else', () => {
    expect(changes(field.CISCO_MPP, anchored(field.CISCO_MPP))).toEqual([
      '- o=- 40911 40911 IN IP4 10.20.30.41',
      '- c=IN IP4 10.20.30.41',
      '- m=audio 16482 RTP/AVP 9 0 8 18 101',
      '+ o=- 4242 1 IN IP4 198.18.0.1',
      '+ c=IN IP4 198.18.0.1',
      '+ m=audio 30000 RTP/AVP 9 0 8 18 101',
    ]);
  });

  test('takes ICE away and keeps what AVPF and rtcp-mux need', () => {
    expect(changes(field.LINPHONE_ICE, anchored(field.LINPHONE_ICE))).toEqual([
      '- o=alice 3471 2519 IN IP4 192.168.1.77',
      '- c=IN IP4 203.0.113.9',
      '- a=ice-pwd:f3a0d5fcb9f2dc4abd2f17ba',
      '- a=ice-ufrag:6f1c9a2e',
      '- a=group:BUNDLE as',
      '- m=audio 40102 RTP/AVPF 96 97 98 0 8 101',
      '- a=rtcp:40103',
      '- a=candidate:1 1 UDP 2130706303 192.168.1.77 40102 typ host',
      '- a=candidate:1 2 UDP 2130706302 192.168.1.77 40103 typ host',
      '- a=candidate:2 1 UDP 1694498687 203.0.113.9 40102 typ srflx raddr 192.168.1.77 rport 40102',
      '- a=remote-candidates:1 198.51.100.3 5000',
      '+ o=- 4242 1 IN IP4 198.18.0.1',
      '+ c=IN IP4 198.18.0.1',
      '+ m=audio 30000 RTP/AVPF 96 97 98 0 8 101',
      '+ a=rtcp:30001',
    ]);
  });

  test('passes keys, fax, video and data lines with their own ports', () => {
    expect(changes(field.TEAMS_SBC, anchored(field.TEAMS_SBC))).not.toContainEqual(
      expect.stringContaining('crypto'),
    );
    expect(anchored(field.T38_REINVITE)).toContain(
      'm=image 30002 udptl t38\r\nc=IN IP4 198.18.0.1\r\na=T38FaxVersion:0',
    );
    const video = anchored(field.VIDEO);
    expect(video).toContain('m=video 30002 RTP/AVP 97 34\r\ni=main\r\nb=TIAS:1920000\r\n');
    expect(video).toContain('m=application 30004 UDP/BFCP *\r\n');
  });

  test('rejects the lines it is told to, and those it is told nothing of', () => {
    const text = anchored(field.VIDEO, { origin, media: [local(0), 'reject'] });
    const ports = text.match(/^m=\w+ \d+/gm);
    expect(ports).toEqual(['m=audio 30000', 'm=video 0', 'm=application 0', 'm=message 0']);
  });

  test('leaves a disabled line disabled', () => {
    expect(anchored(field.T38_REINVITE)).toContain('m=audio 0 RTP/AVP 0\r\n');
  });

  test('leaves a line on hold by address on hold', () => {
    expect(anchored(field.OLD_HOLD)).toContain('\r\nc=IN IP4 0.0.0.0\r\n');
  });

  test('gives a line its own c= where the session’s leads elsewhere', () => {
    const media = [local(0, '2001:db8::1')];
    expect(anchored(field.ASTERISK, { origin, media })).toContain(
      'm=audio 30000 RTP/AVP 8 0 101\r\nc=IN IP6 2001:db8::1\r\n',
    );
    expect(anchored('v=0\r\ns=-\r\nm=audio 4 RTP/AVP 0\r\ni=x\r\na=foo')).toContain(
      'm=audio 30000 RTP/AVP 0\r\ni=x\r\nc=IN IP4 198.18.0.1\r\na=foo\r\n',
    );
  });

  test('says where RTCP is when it is not on the next port', () => {
    const media = [{ address: US, rtpPort: 30_000, rtcpPort: 41_000 }];
    expect(anchored(field.ASTERISK, { origin, media })).toContain('a=rtcp:41000\r\n');
  });

  test.each(Object.entries(field.FIELD))('leaves no address of %s but ours', (_name, text) => {
    const addresses = anchored(text).match(/\b\d+\.\d+\.\d+\.\d+\b|2001:db8::7/g) ?? [];
    const foreign = addresses.filter((address) => address !== US && address !== '0.0.0.0');
    // The path of an MSRP line is its business; such a line is rejected by who cannot relay it.
    expect(foreign).toEqual(text === field.VIDEO ? ['10.47.197.26'] : []);
  });

  test('counts the version up when the description changes, and only then', () => {
    const first = anchor(field.ASTERISK, everyLine);
    if (!first.ok) throw first.fault;
    const again = anchor(field.ASTERISK.replace('1862034483', '1862034484'), {
      ...everyLine,
      origin: first.value.origin,
    });
    if (!again.ok) throw again.fault;
    expect(again.value.text).toBe(first.value.text);
    const held = anchor(field.ASTERISK.replace('sendrecv', 'sendonly'), {
      ...everyLine,
      origin: again.value.origin,
    });
    if (!held.ok) throw held.fault;
    expect(held.value.text).toContain('o=- 4242 2 IN IP4 198.18.0.1');
  });

  test('refuses what is no description', () => {
    expect(anchor('garbage', everyLine)).toMatchObject({
      ok: false,
      fault: { code: 'OFFER_NOT_UNDERSTOOD' },
    });
  });

  const lines = fc.constantFrom(
    ...Object.values(field.FIELD).flatMap((text) => text.trimEnd().split('\r\n')),
    'a=',
    'a=:',
    'c=',
    'a=rtcp:',
  );
  const descriptions = fc
    .array(fc.oneof(lines, fc.string()), { maxLength: 40 })
    .map((chosen) => ['v=0', ...chosen].join('\r\n'));

  test('never throws, and what it writes can be read and stays as it is', () => {
    fc.assert(
      fc.property(descriptions, (text) => {
        const once = anchor(text, everyLine);
        if (!once.ok) return;
        expect(anchored(once.value.text)).toBe(once.value.text);
        const [before, after] = [parseSdp(text), parseSdp(once.value.text)];
        if (!before.ok || !after.ok) throw new Error('not read again');
        const said = ({ value }: typeof before) =>
          value.media.map(({ kind, payloads, direction, label }) => ({
            kind,
            payloads,
            direction,
            label,
          }));
        expect(said(after)).toEqual(said(before));
      }),
      { numRuns: 500 },
    );
  });
});
