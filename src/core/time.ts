/** Monotonic milliseconds since an arbitrary origin. Never compare with wall-clock time. */
export type Instant = number;
/** A span in milliseconds. */
export type Millis = number;

/** A duration in microseconds. */
export type Micros = number;

/** Cancels a pending callback; calling it again, or after it fired, does nothing. */
export type Cancel = () => void;

/** The only way code of this project reads time or waits, so that tests can own both. */
export interface Clock {
  /** Monotonic now. */
  now(): Instant;
  /** Wall-clock now: for timestamps people and peers read, never for measuring. */
  wall(): Date;
  /** Runs `fn` once, `delay` ms from now. */
  after(delay: Millis, fn: () => void): Cancel;
}

/** Tells what share of the time since it was last called this thread's event loop was busy, 0..1. */
export function busyShare(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}

/** The machine's own clock. Its timers do not keep a finished process alive. */
export class SystemClock implements Clock {
  now(): Instant {
    return performance.now();
  }

  wall(): Date {
    return new Date();
  }

  after(delay: Millis, fn: () => void): Cancel {
    const timer = setTimeout(fn, delay);
    timer.unref();
    return () => clearTimeout(timer);
  }
}
