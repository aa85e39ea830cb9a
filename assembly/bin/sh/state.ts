// The state of the one shell that this process is: options, the last status, and why control is leaving a construct.
// Nothing throws: a command that wants to leave sets `sh.flow`, and every loop and list looks at it and returns.

/** Go on with the next command. */
export const FLOW_NONE = 0;
/** Leave `sh.levels` loops, or go on with the next turn of the outermost of them. */
export const FLOW_BREAK = 1;
export const FLOW_CONTINUE = 2;
/** Leave the function or the sourced file. */
export const FLOW_RETURN = 3;
/** End this shell with `sh.status`, running the EXIT trap. */
export const FLOW_EXIT = 4;
/** An error that ends a script; an interactive shell reads its next command. */
export const FLOW_ERROR = 5;
/** The same, for SIGINT at an interactive shell; no builtin catches it. */
export const FLOW_INTERRUPT = 6;

export class sh {
  static flow: i32 = FLOW_NONE;
  static levels: i32 = 0;
  /** $? */
  static status: i32 = 0;
  /** Status of the last command substitution of the command at hand; -1 if it had none. */
  static substStatus: i32 = -1;
  /** Line of the command that runs. */
  static line: i32 = 0;
  /** $0, and the name of the script, if any: messages then name the line. */
  static arg0: string = 'sh';
  static script: bool = false;
  /** Lines of a -c text count from 0 in messages, as ash counts them. */
  static lineBase: i32 = 0;
  /** The file that `.` reads, for messages. */
  static sourced: string = '';
  /** $? when the trap that runs began, which its `exit` and `return` answer; -1 outside of traps. */
  static trapStatus: i32 = -1;
  /** The builtin that runs, for messages. */
  static builtin: string = '';
  /** The positional parameters from $1 on. */
  static params: string[] = [];
  /** Loops and functions around the command that runs; a subshell starts without. */
  static loops: i32 = 0;
  static functions: i32 = 0;
  static dots: i32 = 0;
  /** Pid of the main shell, which $$ stays in subshells; of the process that runs now; $!. */
  static rootPid: i32 = 0;
  static lastBackground: i32 = -1;
  /** This process is a subshell. */
  static subshell: bool = false;
  /** Reads commands from a terminal, prompts and keeps going after errors. */
  static interactive: bool = false;
  static login: bool = false;
  /** Job control is on: jobs have process groups (set -m and a terminal). */
  static jobControl: bool = false;
  /** Commands that run now are a condition, so -e does not look at them. */
  static tested: i32 = 0;

  // Options, in the order that `set -o` prints them.
  static eflag: bool = false;
  static fflag: bool = false;
  static Iflag: bool = false;
  static mflag: bool = false;
  static nflag: bool = false;
  static xflag: bool = false;
  static vflag: bool = false;
  static Cflag: bool = false;
  static aflag: bool = false;
  static bflag: bool = false;
  static uflag: bool = false;
  static Eflag: bool = false;
  static Vflag: bool = false;
  static pipefail: bool = false;
  /** -c, -i and -s, which only the command line sets. */
  static cflag: bool = false;
  static sflag: bool = false;
}

/** Bytes of AssemblyScript's stack to keep free: what is nested deeper than that ends with a message, not a trap. */
const RESERVE: usize = 24576;
/** Running takes more of the engine's own stack than parsing, which nobody can ask; so it stops earlier. */
const RESERVE_RUNNING: usize = 65536;

/** May nothing more be nested, in the text that is parsed. */
export function tooDeep(): bool {
  return __stack_pointer < __data_end + RESERVE;
}

/** May nothing more be nested, in the commands that run. */
export function tooDeepToRun(): bool {
  return __stack_pointer < __data_end + RESERVE_RUNNING;
}

/** Kinds of builtins. SPECIAL: POSIX's special ones, whose errors end a script and before which assignments stay. */
export const SPECIAL = 1;
/** Arguments that look like assignments are expanded like them. */
export const DECLARES = 2;

/** Where pipe(2) leaves its two descriptors. */
export const pipeEnds = new StaticArray<i32>(2);

/** Leave with this status. */
export function leave(flow: i32, status: i32): i32 {
  sh.flow = flow;
  sh.status = status;
  return status;
}
