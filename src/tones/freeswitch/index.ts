export { type FreeswitchOptions, FreeswitchPrompts } from './prompts';
