// Nothing is mounted on the root itself, wherever an image's links lead: while the root of the host still lies there, a
// mount would be stacked on it, and taken off in its place; `/..` would then be the host.

import {readdirSync} from 'node:fs';
import * as assert from 'uvu/assert';
import {Image} from '../image.ts';
import {native, sh, type Flags} from '../native.ts';

const test = native('security/stacked');

/** What lies at `/..`, and whether a kernel parameter can be opened for writing by any way down. */
const look = `
ls -a /.. | tr '\\n' ' '; echo
for at in / /.. /proc /../proc /sys /dev /dev/pts /dev/shm /one; do (: >> $at/sys/kernel/core_pattern) 2> /dev/full && echo writable $at; done
exit 0`;
const own = /^(\. |\.\. |bin |data |dev |etc |one |proc |root |sys |tmp )+$/m;

const targets = ['/', '..', '../..', 'one/..', '../../one/..', '/one/../..', '.', '//', '/../etc/..'];
const places: Readonly<Record<string, Flags>> = {
  proc: {}, sys: {}, dev: {}, 'a volume': {volumes: ['/usr:/data']}, 'a tmpfs': {tmpfs: ['/data:size=64k']}, 'a working directory': {cwd: '/data'},
};

for (const [what, flags] of Object.entries(places)) {
  test(`${what} that a link leads to the root`, async runtime => {
    const name = what in {proc: 1, sys: 1, dev: 1} ? what : 'data';
    for (const to of targets) {
      const image = new Image({one: {}, [name]: {link: to}});
      try {
        // More than once: also as one that was begun in advance.
        for (let n = 0; n < 3; n++) {
          const outcome = await sh(runtime, look, {image: image.dir, ...flags}).catch((error: Error) => error);
          if (outcome instanceof Error) {
            assert.match(outcome.message, /^(mount|move_mount|mkdirs|chdir|readonly|mask) /);
            continue;
          }
          assert.match(outcome.stdout, own, `${name} -> ${to}`);
          assert.not.match(outcome.stdout, /writable/, `${name} -> ${to}`);
        }
        assert.equal(readdirSync(image.dir).filter(entry => /null|zero|pts/.test(entry)), []);
      } finally {
        image.remove();
      }
    }
  });
}

test.run();
