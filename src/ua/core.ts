import type { Log } from '../core';
import type { ControlLink } from './link';
import type { WireRequest } from './wire-message';

/** One end of an early or established dialog: who gets the requests that arrive inside it. */
export interface DialogEnd {
  handle(request: WireRequest): void;
  /** The engine lost its dialogs, or we lost the engine. */
  lost(): void;
}

/** What the parts of one agent share. */
export interface AgentCore {
  readonly link: ControlLink;
  readonly log: Log;
  readonly userAgent: string;
  /**
   * Dialogs by the engine's dialog id, `<Call-ID>;from-tag=<tag of the INVITE's From>`. The form is part
   * of the control protocol: it names a dialog before any To tag exists.
   */
  readonly dialogs: Map<string, DialogEnd>;
}

export function dialogIdOf(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`;
}
