import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { speaksText } from '../../app';
import { promptNamed } from '../../policy';
import { addPrompt, type Upload } from '../../tones';
import { author, refuse, type SettingsOptions, settingsCommand, withSettings } from '../settings';
import { listCommand, removeCommand, showEntry } from './entries';

type AddOptions = SettingsOptions & { readonly text?: string };

/** `twintrack prompts`: what parties hear in place of the shipped prompts. */
export function promptsCommand(): Command {
  return new Command('prompts')
    .description('Prompts of your own, for the settings to name.')
    .addCommand(listCommand('prompt'))
    .addCommand(
      settingsCommand('show')
        .description('Show one prompt, or write it to a file.')
        .argument('<name>')
        .argument('[file]', 'where its sound or text goes')
        .action(showOne),
    )
    .addCommand(
      settingsCommand('add')
        .description('Make or change a prompt; it is brought to 16 kHz and one loudness.')
        .argument('<name>')
        .argument('[file]', 'WAV of 16-bit PCM, at most 60 s')
        .option('--text <words>', 'words to be spoken, in place of a file')
        .action(addOne),
    )
    .addCommand(removeCommand('prompt'));
}

function showOne(name: string, file: string | undefined, options: SettingsOptions): Promise<void> {
  if (file === undefined) return showEntry('prompt', name, options);
  return withSettings(options, async (store) => {
    const prompt = await promptNamed(store, name);
    if (!prompt) throw new Error(`there is no prompt ${name}`);
    writeFileSync(file, prompt.kind === 'wav' ? prompt.wav : `${prompt.text}\n`);
  });
}

function addOne(
  name: string,
  file: string | undefined,
  { text, ...options }: AddOptions,
): Promise<void> {
  if ((file === undefined) === (text === undefined)) {
    throw new Error('wants a WAV file or --text, as in: twintrack prompts add greeting hello.wav');
  }
  return withSettings(options, async (store, config) => {
    const upload: Upload =
      text === undefined
        ? { kind: 'wav', file: readFileSync(file!) }
        : { kind: 'text', text, speaks: speaksText(config) };
    refuse(await addPrompt(store, author(), name, upload));
  });
}
