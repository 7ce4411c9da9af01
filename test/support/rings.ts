import { IoUring } from '../../src/media/relay/io-uring';
import { loadLibc } from '../../src/media/relay/libc';

/** Why this machine has no io_uring for us; undefined: it has. */
export function ringRefusal(): string | undefined {
  const libc = loadLibc();
  try {
    libc.close(IoUring.open(libc, 8).fd);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

export function hasRings(): boolean {
  return ringRefusal() === undefined;
}
