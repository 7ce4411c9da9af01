import { recordedLoad } from './recorded-load';

describe('calls with speech from SIPp to SIPp', () => {
  it.each(['udp', 'tcp'] as const)(
    'over %s all succeed, and each is recorded with both voices',
    async (transport) => {
      const result = await recordedLoad({ rate: 10, calls: 40, transport, talkMs: 2000 });
      expect(result.flaws).toEqual([]);
      expect(result).toMatchObject({
        failedCalls: 0,
        complete: 40,
        exitCode: 0,
      });
    },
  );
});
