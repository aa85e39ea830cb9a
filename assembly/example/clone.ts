// The call that containers begin with: clone(main, stack, CLONE_NEWPID | SIGCHLD, arg). The child believes that it is
// PID 1; its parent knows it by another number. Without CAP_SYS_ADMIN the answer is EPERM.

import '../sys/abort';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as proc from '../sys/proc';
import { errnoName } from '../sys/errno';

const STACK_BYTES: i32 = 65536;
const ARG: i32 = 7;

function main(arg: i32): i32 {
  out.line('child:  my PID is ' + proc.getpid().toString() + ', my parent is ' + proc.getppid().toString());
  return out.finish(arg);
}

export function _start(): void {
  out.line('parent: my PID is ' + proc.getpid().toString());
  // What is still in the buffer would be the child's as well.
  out.flush();
  const stack = <i32>heap.alloc(STACK_BYTES) + STACK_BYTES;
  const pid = linux.clone(main.index, stack, linux.CLONE_NEWPID | linux.SIGCHLD, ARG);
  if (pid < 0) {
    out.line('parent: clone(main, stack, CLONE_NEWPID | SIGCHLD, arg) = -1 ' + errnoName(pid));
    return out.exit(1);
  }
  proc.wait4(pid);
  out.line('parent: clone(main, stack, CLONE_NEWPID | SIGCHLD, arg) = ' + pid.toString());
  out.line('parent: child ' + pid.toString() + ' exited with ' + proc.exitStatus(proc.status).toString());
  out.exit(0);
}
