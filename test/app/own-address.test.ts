import { mustBeOurs } from '../../src/app/own-address';

describe('an address of the configuration', () => {
  it('is accepted when the machine has it', async () => {
    await expect(mustBeOurs('media.address', '127.0.0.1')).resolves.toBeUndefined();
  });

  it('is refused by its key when the machine does not have it', async () => {
    // TEST-NET-1, RFC 5737: nobody has it.
    await expect(mustBeOurs('media.address', '192.0.2.5')).rejects.toThrow(
      /media\.address 192\.0\.2\.5 is no address of this machine/,
    );
  });
});
