import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EngineDelivery } from '../../src/ua/message';

const SDP = 'v=0\r\ns=é\r\n';

function delivered(body: Buffer): EngineDelivery {
  const headers = [{ name: 'c', value: 'application/sdp' }];
  return new EngineDelivery({ kind: 'request', method: 'INVITE', uri: 'sip:a@b', headers, body });
}

describe('a message that an engine in this process delivered', () => {
  it('has its body for as long as it is kept, and gives up what that was read off the wire with', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const octets = (): number => {
      collect();
      // What the first has found is given back beside it, on another thread; the second waits for that.
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const before = octets();
    const kept = Array.from({ length: 200 }, () => {
      // As it comes by TCP: one read has many messages.
      const read = Buffer.alloc(65_536);
      const message = delivered(read.subarray(0, read.write(SDP)));
      expect(message.body).toBe(SDP);
      return message;
    });
    expect(octets() - before).toBeLessThan(200 * 10_000);
    for (const message of kept) expect(message.body).toBe(SDP);
  });

  it('has headers by every name they have', () => {
    expect(delivered(Buffer.alloc(0)).header('Content-Type')).toBe('application/sdp');
    expect(delivered(Buffer.alloc(0)).body).toBe('');
  });
});
