// Somebody who can rename in a container's root directory while that container is born, because the directory is another
// container's too, gains nothing by it: what protects /proc is laid on the very procfs that was mounted.

import * as assert from 'uvu/assert';
import {Image} from '../image.ts';
import {native, probe} from '../native.ts';

const lengthMs = 3000;

/** Of every procfs that can be seen: can a kernel parameter be opened for writing, is anything in /proc/keys? */
const look = `
for at in /one /two /proc /other; do
  [ -e $at/self/mountinfo ] || continue
  echo seen
  (: >> $at/sys/kernel/core_pattern) 2> /dev/null && echo writable $at
  [ -s $at/keys ] && echo uncovered $at
done
exit 0`;

const test = native('security/exchange');

for (const [title, names] of Object.entries({
  'links': {proc: {link: 'one'}, other: {link: 'two'}, one: {}, two: {}},
  'a link and a directory': {proc: {link: 'one'}, other: {}, one: {}, two: {link: 'other'}},
})) {
  test(`/proc is protected while ${title} of its name are exchanged`, async runtime => {
    const image = new Image(names);
    const swap = await runtime.create({image: image.dir, volumes: [probe('swap')], command: ['/probe/swap', '/proc', '/other']});
    try {
      await swap.start();
      for await (const _ of swap.process.stdout) break;
      let looks = 0;
      for (const end = Date.now() + lengthMs; Date.now() < end;) {
        const outcome = await runtime.run({image: image.dir, command: ['sh', '-c', look]}).catch((error: Error) => error);
        if (outcome instanceof Error) continue;
        assert.not.match(outcome.stdout, /writable|uncovered/);
        looks += /seen/.test(outcome.stdout) ? 1 : 0;
      }
      assert.ok(looks > 10, `${looks} containers saw a procfs`);
    } finally {
      await swap.remove({force: true});
      image.remove();
    }
  });
}

test.run();
