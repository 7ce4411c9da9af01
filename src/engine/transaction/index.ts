export type { ClientFailure, ClientTransaction, ClientUser } from './client-transaction';
export { compact } from './compact';
export {
  TransactionLayer,
  type TransactionLayerOptions,
  type TransactionStats,
  type TransactionUser,
} from './layer';
export type { InboundResponse, Network } from './network';
export type { ServerTransaction, ServerUser } from './server-transaction';
export { DEFAULT_TIMERS, type TimerValues, transactionLifetime } from './timers';
