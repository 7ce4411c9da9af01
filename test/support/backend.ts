import type { Backend } from '../../src/media';
import { hasRings } from './rings';

/** How this run of a test is to move its audio: see the projects of jest.config.cjs. */
export const BACKEND: Backend =
  process.env.TWINTRACK_MEDIA__BACKEND === 'dgram' ? 'dgram' : hasRings() ? 'io_uring' : 'epoll';
