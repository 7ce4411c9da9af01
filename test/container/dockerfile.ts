/** One instruction of a Dockerfile. */
export interface Instruction {
  readonly name: string;
  /** Everything after the name, continued lines joined. */
  readonly rest: string;
  /** Flags such as `--from=build`, without the dashes. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows the flags: the words, or the strings of the exec form. */
  readonly words: readonly string[];
  readonly line: number;
}

/** Reads a Dockerfile: comments, continued lines, flags, the exec form. */
export function parseDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let open: { text: string; line: number } | undefined;
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const begun = open ?? { text: '', line: index + 1 };
    const goesOn = line.endsWith('\\');
    begun.text += ` ${goesOn ? line.slice(0, -1).trim() : line}`;
    open = goesOn ? begun : undefined;
    if (!goesOn) instructions.push(instruction(begun.text.trim(), begun.line));
  });
  if (open) throw new Error('the last line is continued');
  return instructions;
}

function instruction(text: string, line: number): Instruction {
  const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  const flags: Record<string, string> = {};
  let left = rest;
  for (let flag = takeFlag(left); flag; flag = takeFlag(left)) {
    flags[flag.name] = flag.value;
    left = flag.left;
  }
  const exec = left.replace(/^CMD\s+(?=\[)/, '');
  const words: string[] = exec.startsWith('[') ? JSON.parse(exec) : left.split(/\s+/);
  return { name, rest, flags, words, line };
}

function takeFlag(text: string) {
  const [whole, name, value] = /^--([a-z-]+)=(\S+)\s*/.exec(text) ?? [];
  return whole ? { name: name!, value: value!, left: text.slice(whole.length) } : undefined;
}
