export { type NgBody, NgClient, type NgCommand, type NgFailure, type NgOutcome } from './client';
export { type NgAddress, type NgSocket, UdpNgSocket } from './socket';
