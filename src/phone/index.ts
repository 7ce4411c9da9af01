export { Phone, type PhoneCall, type PhoneEvent, type PhoneOptions } from './phone';
export type { VoiceStats } from './voice';
