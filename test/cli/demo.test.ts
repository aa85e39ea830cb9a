// The story that `twinbox demo` tells, checked for what it must show.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {twinbox} from './twinbox.ts';

test('the demo shows both views, what is refused, what is isolated, and who dies', () => {
  const {status, stdout, stderr} = twinbox(['demo']);
  assert.is(status, 0, stderr);
  const shown: readonly RegExp[] = [
    /I am one\n {2}PID +USER.*\n +1 root .*sh/, /I am two\n {2}PID +USER.*\n +1 root .*sh/,
    /HOST PID INSIDE PID {2}CONTAINER/, /\n +1\d\d +1 {2}one/, /\n +1\d\d +1 {2}two/,
    /hostname elsewhere\n {2}hostname: .*Operation not permitted/, /mount: .*(permission denied|Operation not permitted)/,
    /hostname\n {2}elsewhere\n/, / {2}file\n {2}none \/mnt tmpfs/, / {2}two\n {2}nothing on \/mnt/, / {2}twinbox\n {2}nothing on \/mnt/,
    /still here:\n {2}PID/, /container two ended: exit status 137 \(SIGKILL\)/,
    /clone\(main, stack, CLONE_NEWPID \| SIGCHLD, arg\) = -1 EPERM/, /child: +my PID is 1/,
  ];
  for (const pattern of shown) assert.match(stdout, pattern);
});

test.run();
