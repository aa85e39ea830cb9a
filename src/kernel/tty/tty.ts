// Terminals (struct tty_struct): settings, window, the session that it controls, and between a program and the far end
// the line discipline. The far end is a driver: a pty's master, or a console of the host.

import type { Kernel } from '../kernel.ts';
import type { ProcessGroup, Session } from '../proc/session.ts';
import { WaitQueue } from '../sched/block.ts';
import { sendGroup, sendKernel } from '../signal/send.ts';
import { SIG } from '../uapi/signal.ts';
import { IFLAG, LFLAG } from '../uapi/termios.ts';
import { LineInput } from './input.ts';
import { LineOutput } from './output.ts';
import { standard, type Termios, type Winsize } from './termios.ts';

/** Where output goes. */
export interface TtyDriver {
  /** Bytes that it takes now. */
  readonly room: number;
  /** Takes them all, also beyond `room`, as far as its buffer goes: echoes are not worth blocking for. */
  put(bytes: Uint8Array): void;
  /** Bytes on their way, for TIOCOUTQ. */
  readonly queued: number;
  flush(): void;
  /** The program has read some input: there is room for more. */
  unthrottle(): void;
  /** The last open file is closed. */
  closed(): void;
}

export class Tty {
  readonly kernel: Kernel;
  /** Below /dev: `pts/0`, `console`. */
  readonly name: string;
  /** st_rdev of its device node. */
  readonly rdev: number;
  readonly driver: TtyDriver;
  termios: Termios = standard;
  winsize: Winsize = { row: 0, col: 0, xpixel: 0, ypixel: 0 };
  /** The session whose controlling terminal it is, and that session's foreground group. */
  session: Session | undefined = undefined;
  foreground: ProcessGroup | undefined = undefined;
  readonly input: LineInput;
  readonly output: LineOutput;
  /** Output is held by VSTOP or TCOOFF. */
  stopped = false;
  /** TIOCEXCL: only CAP_SYS_ADMIN can open it. */
  exclusive = false;
  /** Open files that have not been hung up. */
  opens = 0;
  /** Grows with every hangup: files opened before are dead. */
  generation = 0;
  readonly readable = new WaitQueue();
  readonly writable = new WaitQueue();
  readonly both: readonly WaitQueue[] = [this.readable, this.writable];

  constructor(kernel: Kernel, name: string, rdev: number, driver: TtyDriver) {
    this.kernel = kernel;
    this.name = name;
    this.rdev = rdev;
    this.driver = driver;
    this.output = new LineOutput(this);
    this.input = new LineInput(this);
  }

  setTermios(next: Termios): void {
    const old = this.termios;
    this.termios = next;
    if (((old.lflag ^ next.lflag) & LFLAG.ICANON) !== 0) this.input.modeChanged();
    if (this.stopped && (next.iflag & IFLAG.IXON) === 0) this.start();
    this.readable.wake();
    this.writable.wake();
  }

  /** TIOCSWINSZ: the foreground group hears of a real change. */
  resize(next: Winsize): void {
    const old = this.winsize;
    if (old.row === next.row && old.col === next.col && old.xpixel === next.xpixel && old.ypixel === next.ypixel) return;
    this.winsize = next;
    if (this.foreground !== undefined) sendGroup(this.foreground, SIG.WINCH);
  }

  stop(): void {
    this.stopped = true;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.writable.wake();
  }

  /** A driver has taken output. */
  drained(): void {
    if (!this.stopped) this.writable.wake();
  }

  /** Becomes the controlling terminal of a session. */
  control(session: Session, group: ProcessGroup): void {
    this.session = session;
    this.foreground = group;
    session.tty = this;
  }

  setForeground(session: Session, group: ProcessGroup): void {
    if (this.session === session) this.foreground = group;
  }

  /** The session has no controlling terminal any more. */
  release(): void {
    if (this.session !== undefined) this.session.tty = undefined;
    this.session = undefined;
    this.foreground = undefined;
  }

  /** The session's leader has exited: the foreground group is told, and everything that is open is dead. */
  hangupSession(session: Session): void {
    if (this.session !== session) return;
    this.#hangup(true);
  }

  /** The line is gone: the far end has closed. The session's leader gets SIGHUP and SIGCONT. */
  hangup(): void {
    this.#hangup(false);
  }

  #hangup(leaderGone: boolean): void {
    const { session, foreground } = this;
    this.generation++;
    this.opens = 0;
    this.input.flush();
    this.release();
    this.stopped = false;
    this.readable.wake();
    this.writable.wake();
    this.driver.closed();
    if (session?.leader !== undefined) {
      sendKernel(session.leader, SIG.HUP);
      sendKernel(session.leader, SIG.CONT);
    }
    if (leaderGone && foreground !== undefined) {
      sendGroup(foreground, SIG.HUP);
      sendGroup(foreground, SIG.CONT);
    }
  }

  /** Input from the far end; answers how many bytes were taken. */
  receive(bytes: Uint8Array): number {
    return this.input.receive(bytes);
  }
}
