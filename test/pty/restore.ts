// The terminal is put back as it was, however twinbox ends.

import {suite, type Test} from 'uvu';
import * as assert from 'uvu/assert';
import {cli, type Mode} from '../cli/twinbox.ts';
import {skip} from '../skip.ts';
import {Seat} from './terminal.ts';

export function restoreTests(mode: Mode): Test {
  const test = suite(`terminal restored [${mode}]`);
  const node = process.execPath;

  /** `leave` makes the program end; one that ends by itself needs none. */
  function restored(name: string, before: string, leave?: (seat: Seat) => Promise<void>): void {
    if (process.platform === 'win32') return skip(test, name, 'ptys are POSIX', 'run it on Linux or macOS');
    test(name, async () => {
      const script = `stty -a | tr ';' '\\n' | grep -v -e speed -e rows -e columns > /tmp/twinbox-tty.$$; echo READY; ${before}; `
        + `echo CODE=$?; stty -a | tr ';' '\\n' | grep -v -e speed -e rows -e columns | cmp - /tmp/twinbox-tty.$$; same=$?; rm /tmp/twinbox-tty.$$; [ $same = 0 ] && echo SAME`;
      const seat = new Seat(['-c', script], {file: '/bin/sh'});
      try {
        if (leave !== undefined) {
          await seat.see('READY');
          await leave(seat);
        }
        assert.match(await seat.see(/SAME|differ/), 'SAME');
      } finally {
        seat.end();
      }
    });
  }

  const run = `'${node}' '${cli}' run --mode ${mode} -it busybox sh`;

  restored('after exit', run, async seat => {
    await seat.see('/ # ');
    seat.type('exit\r');
  });

  restored('after a signal from outside', run, async seat => {
    await seat.see('/ # ');
    seat.type('echo "raw"\r');
    await seat.see('raw');
    const {execFileSync} = await import('node:child_process');
    const pid = execFileSync('/bin/sh', ['-c', `pgrep -P ${seat.pty.pid} | head -n 1`], {encoding: 'utf8'}).trim();
    process.kill(Number(pid), 'SIGTERM');
  });

  restored('after a program that cannot be run', `'${node}' '${cli}' run --mode ${mode} -it busybox no-such`);

  restored('after an exception that nobody caught',
    `'${node}' --import 'data:text/javascript,setTimeout(()=>{throw new Error("crash")},5000)' '${cli}' run --mode ${mode} -it busybox sh`,
    async seat => {
      await seat.see('/ # ');
      await seat.see('crash');
    });

  return test;
}
