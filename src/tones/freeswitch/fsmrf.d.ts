/** The parts of drachtio-fsmrf and of its event socket library that are used; neither brings types. */
declare module 'drachtio-fsmrf/lib/mediaserver' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:net';
  import type { Connection } from 'drachtio-modesl';

  /** What of drachtio-srf a media server calls. */
  interface CallPlacer {
    createUAC(
      uri: string,
      options: { headers: Record<string, string>; localSdp: string },
    ): Promise<unknown>;
  }

  interface Endpoint<Leg> {
    readonly dialog: Leg;
    /** Outbound event socket; null when it is over. */
    readonly conn: Connection | null;
    play(file: string): Promise<unknown>;
    speak(options: { ttsEngine: string; voice: string; text: string }): Promise<void>;
    on(event: 'destroy', listener: () => void): void;
  }

  class MediaServer<Leg> extends EventEmitter {
    constructor(
      connection: Connection,
      mrf: { readonly srf: CallPlacer; readonly customEvents: readonly string[] },
      listenAddress: string,
      listenPort: number,
      advertisedAddress: string | undefined,
      advertisedPort: number | undefined,
      profile: string,
    );
    closing?: boolean;
    /** Where outbound event sockets arrive, once it listens. */
    readonly _server?: { readonly server: Server };
    createEndpoint(options: { remoteSdp: string }): Promise<Endpoint<Leg>>;
  }

  export = MediaServer;
}

declare module 'drachtio-modesl' {
  import type { Socket } from 'node:net';

  class Connection {
    constructor(host: string, port: number, secret: string, ready: () => void);
    socket: Socket | null;
    closing?: boolean;
    reconnectOpts: { maxAttempts?: number };
    reconnectVars: { attempts?: number };
    on(event: string, listener: (event: Error) => void): void;
    removeAllListeners(event?: string): void;
  }
}
