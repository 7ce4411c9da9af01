export { OwnAddresses } from './own-addresses';
export type { AddressBlock, Peer } from './peers';
export {
  isTooLong,
  type Route,
  type Routed,
  Router,
  type RouteTarget,
  type Routing,
  type StaticContact,
  type Target,
} from './router';
