// twinbox: the command line. A verb's code is loaded when it is called, since a shell waits for it.

import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { asset } from '../asset.ts';
import { errorData } from '../errno.ts';
import { complain, print } from './print.ts';

declare const TWINBOX_VERSION: string | undefined;

interface Verb {
  readonly summary: string;
  /** Answers the exit code. */
  load(): Promise<(argv: readonly string[]) => Promise<number>>;
}

const verbs: Readonly<Record<string, Verb>> = {
  run: { summary: 'run a command in a new container', load: async () => (await import('./run.ts')).run },
  demo: { summary: 'tell the story of PID 1 with real containers', load: async () => (await import('./demo.ts')).demo },
  info: { summary: 'say what this machine and this version can do', load: async () => (await import('./info.ts')).info },
};

function help(): string {
  const rows = Object.entries(verbs).map(([name, verb]) => `  ${name.padEnd(10)} ${verb.summary}`);
  return `Usage: twinbox COMMAND

Containers for Node, on a kernel that is emulated where there is no Linux to ask.

Commands:
${rows.join('\n')}

Options:
  --version  print the version
  --help     print this help

Run 'twinbox COMMAND --help' for more about a command.
`;
}

async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === '--version' || first === '-v' || first === 'version') {
    return say(`twinbox ${typeof TWINBOX_VERSION === 'undefined' ? '(source)' : TWINBOX_VERSION}\n`);
  }
  if (first === undefined || first === '--help' || first === '-h') return say(help());
  if (first === 'help') return rest[0] === undefined ? say(help()) : main([rest[0], '--help']);
  const verb = Object.hasOwn(verbs, first) ? verbs[first] : undefined;
  if (verb === undefined) {
    const what = first.startsWith('-') ? `unknown flag: ${first}` : `'${first}' is not a twinbox command`;
    complain(`twinbox: ${what}\nSee 'twinbox --help'\n`);
    return first.startsWith('-') ? 125 : 1;
  }
  // Compiled code is kept beside the program where that can be written to (Node 22 and later), since a shell waits.
  module.enableCompileCache?.(fileURLToPath(asset('.cache')));
  const run = await verb.load();
  return run(rest);
}

function say(text: string): number {
  print(text);
  return 0;
}

try {
  // What is still open (a terminal, timers, workers) must not keep a finished command alive.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  const { message, hint } = errorData(error);
  complain(`twinbox: ${message}\n${hint === undefined ? '' : `${hint}\n`}`);
  if (process.env.TWINBOX_DEBUG) console.error(error);
  process.exit(125);
}
