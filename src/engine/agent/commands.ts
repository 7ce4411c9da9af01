import type { Millis } from '../../core';
import type { AppMessage } from './text';

/** What an application asks to be proxied, and how (drachtio's `proxy`). */
export interface ProxyOrder {
  readonly transactionId: string;
  /** Record-Route: later requests of the dialog come by here too. */
  readonly remainInDialog: boolean;
  /** Tell of each target's final response. */
  readonly fullResponse: boolean;
  readonly followRedirects: boolean;
  readonly simultaneous: boolean;
  readonly provisionalTimeout: Millis | undefined;
  readonly finalTimeout: Millis | undefined;
  readonly destinations: readonly string[];
  /** Its headers are added to the request. */
  readonly message: AppMessage;
}

/** What an application can ask of the user agent core. */
export type Command =
  | { readonly kind: 'respond'; readonly transactionId: string; readonly message: AppMessage }
  | { readonly kind: 'in-dialog'; readonly dialogId: string; readonly message: AppMessage }
  | { readonly kind: 'cancel'; readonly transactionId: string; readonly message: AppMessage }
  | {
      readonly kind: 'new';
      readonly message: AppMessage;
      /** A URI to send it to, instead of its Request-URI. */
      readonly nextHop: string | undefined;
    }
  | ({ readonly kind: 'proxy' } & ProxyOrder);
