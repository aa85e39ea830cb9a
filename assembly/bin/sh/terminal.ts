// The source of an interactive shell: prompts, and lines from the editor or, where there is no terminal to edit on,
// from standard input as they are.

import * as signal from '../../sys/signal';
import * as tty from '../../sys/tty';
import { EINTR, SIGINT, read } from '../../sys/linux';
import { scratch } from '../../sys/bytes';
import { Buf } from './buf';
import { editLine, editStatus } from './edit';
import * as history from './history';
import { Source } from './input';
import { tell } from './message';
import { promptText } from './prompt';
import { FLOW_INTERRUPT, leave, sh } from './state';
import * as trap from './trap';

export class TerminalSource extends Source {
  constructor() {
    super();
    this.prompting = true;
  }

  next(more: bool): string | null {
    const prompt = promptText(more ? 'PS2' : 'PS1');
    let line: string | null;
    if (tty.isatty(0) && tty.isatty(1)) {
      line = editLine(prompt);
      if (editStatus == 130) {
        leave(FLOW_INTERRUPT, 130);
        return null;
      }
    } else {
      tell(prompt);
      line = plainLine();
    }
    if (line == null) return null;
    const s = line as string;
    if (sh.vflag) tell(s);
    if (s.length > 1) history.add(s.substring(0, s.length - 1));
    return s;
  }
}

function plainLine(): string | null {
  const b = new Buf();
  while (true) {
    const got = read(0, scratch, 1);
    if (got == -EINTR) {
      if (signal.anyCaught) {
        if (signal.caught[SIGINT] && !trap.trapped(SIGINT)) {
          signal.takeCaught(SIGINT);
          leave(FLOW_INTERRUPT, 130);
          tell('\n');
          return null;
        }
        trap.run();
      }
      continue;
    }
    if (got <= 0) return b.length > 0 ? b.toString() + '\n' : null;
    const c = <i32>load<u8>(scratch);
    b.push(c);
    if (c == 10) return b.toString();
  }
}

