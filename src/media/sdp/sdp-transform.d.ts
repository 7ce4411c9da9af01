/** The part of sdp-transform that is used here; the package brings no types. */
declare module 'sdp-transform' {
  interface Connection {
    version: number;
    ip: string;
  }

  interface Media {
    type?: string;
    port?: number;
    protocol?: string;
    payloads?: string | number;
    connection?: Connection;
    rtp: Array<{ payload: number; codec: string; rate?: number; encoding?: number | string }>;
    fmtp: Array<{ payload: number; config: string | number }>;
    rtcp?: { port: number; netType?: string; ipVer?: number; address?: string };
    ptime?: number | string;
    maxptime?: number | string;
    direction?: string;
    invalid?: Array<{ value: string }>;
  }

  interface Session {
    version?: number;
    origin?: {
      username: string | number;
      sessionId: string | number;
      sessionVersion: string | number;
      netType: string;
      ipVer: number;
      address: string;
    };
    name?: string | number;
    connection?: Connection;
    timing?: { start: number; stop: number };
    direction?: string;
    media: Media[];
    invalid?: Array<{ value: string }>;
  }

  export function parse(sdp: string): Session;
  export function write(session: Session): string;
}
