// What the demo's story must show, on either kernel.

import * as assert from 'uvu/assert';

const shown: readonly RegExp[] = [
  /I am one\n {2}PID +USER.*\n +1 root .*sh/, /I am two\n {2}PID +USER.*\n +1 root .*sh/,
  /HOST PID INSIDE PID {2}CONTAINER/, /\n +\d+ +1 {2}one/, /\n +\d+ +1 {2}two/,
  /hostname elsewhere\n {2}hostname: .*Operation not permitted/, /mount: .*(permission denied|Operation not permitted)/,
  /hostname\n {2}elsewhere\n/, / {2}file\n {2}none \/mnt tmpfs/, / {2}two\n {2}nothing on \/mnt/, /host #.*\n {2}[^\n]+\n {2}nothing on \/mnt/,
  /still here:\n {2}PID/, /container two ended: exit status 137 \(SIGKILL\)/,
  /clone\(main, stack, CLONE_NEWPID \| SIGCHLD, arg\) = -1 EPERM/, /child: +my PID is 1/,
];

export function checkStory(text: string): void {
  for (const pattern of shown) assert.match(text, pattern);
}

/** What the seed's program printed, refused and allowed. */
export function seedLines(text: string): readonly string[] {
  return text.split('\n7. ')[1]!.split('\n').filter(line => /^ {2}(parent|child):/.test(line));
}
