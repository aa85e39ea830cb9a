// `-u` in odd forms: the exact id or an error, never another id. And /etc/passwd of an image is data from a stranger.

import * as assert from 'uvu/assert';
import {Image} from '../image.ts';
import {native, rejection} from '../native.ts';

const test = native('security: users');

const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  '# a comment', '', 'broken', 'short:x', 'nonumber:x:abc:7::/:/bin/sh', 'negative:x:-1:-1::/:/bin/sh',
  'wraps:x:4294967296:4294967296::/:/bin/sh', 'last:x:4294967295:4294967295::/:/bin/sh', 'huge:x:99999999999999999999:0::/:/bin/sh',
  'hex:x:0x10:0x10::/:/bin/sh', 'octal:x:010:010::/:/bin/sh', 'blank:x: 5:5::/:/bin/sh', 'plus:x:+5:+5::/:/bin/sh',
  // A name that is a number: no number may stand for another.
  '1000:x:0:0::/:/bin/sh',
  'good:x:1234:2345::/home:/bin/sh',
  `long:${'x'.repeat(5000)}:1300:1300::/:/bin/sh`,
  'lastline:x:1400:1401::/:/bin/sh',
].join('\n');
const group = ['root:x:0:', 'wheel:x:777:good', '55:x:0:', 'gwraps:x:4294967296:', 'more:x:888:good,other', 'nonumber:x:zz:'].join('\n');

let made: Image | undefined;
/** Made for the first test that needs it. */
const image = (): string => (made ??= new Image({'etc/passwd': passwd, 'etc/group': group})).dir;

// A form, and the ids that it may stand for; it may always be an error, unless `must`.
const cases: readonly (readonly [user: string, ids: string | undefined, must?: true])[] = [
  ['0', '0:0', true], ['0:0', '0:0', true], ['1000:1000', '1000:1000', true], ['65534:65534', '65534:65534', true],
  ['good', '1234:2345', true], ['good:777', '1234:777', true], ['good:wheel', '1234:777', true], ['1500:wheel', '1500:777', true],
  ['lastline', '1400:1401', true], ['1234', '1234:2345', true], ['4294967294:4294967294', '4294967294:4294967294'],
  ['1000', '1000:0'], ['long', '1300:1300'], ['1500:55', '1500:55'],
  ['01000', '1000:0'], ['+5', '5:0'], ['0x10', undefined], ['1e3', undefined], ['-1', undefined], ['-1:-1', undefined],
  ['4294967295', undefined], ['4294967295:0', undefined], ['4294967296', undefined], ['4294967296:4294967296', undefined],
  ['0:4294967296', undefined], ['18446744073709551616', undefined], ['99999999999999999999:0', undefined],
  [' 1000', '1000:0'], ['1000 ', '1000:0'], ['1000:', '1000:0'], [':', '0:0'], [':100', '0:100'], ['1000:1000:1000', undefined],
  ['wraps', undefined], ['last', undefined], ['huge', undefined], ['negative', undefined], ['nonumber', undefined],
  ['hex', undefined], ['octal', '10:10'], ['blank', undefined], ['plus', undefined], ['broken', undefined], ['short', undefined],
  ['good:gwraps', undefined], ['good:nonumber', undefined], ['good:nosuch', undefined], ['nosuch', undefined], ['nosuch:0', undefined],
  ['# a comment', undefined], ['roo', undefined], ['root\n', undefined], ['root\0', undefined], ['ro*t', undefined], ['../root', undefined],
  ['root:x', undefined], ['x'.repeat(5000), undefined],
];

for (const [user, ids, must] of cases) {
  const mine = must && ids !== '0:0' ? test.root : test;
  mine(`-u ${JSON.stringify(user).slice(0, 40)}: ${ids ?? 'an error'}${ids !== undefined && !must ? ', or an error' : ''}`, async runtime => {
    const run = runtime.run({image: image(), user, command: ['sh', '-c', 'echo $(id -u):$(id -g)']});
    if (ids === undefined) {
      await rejection(run);
      return;
    }
    const outcome = await run.catch((error: Error) => error);
    if (outcome instanceof Error) assert.is(must, undefined, outcome.message);
    else assert.is(outcome.stdout, `${ids}\n`);
  });
}

test.root('supplementary groups are those of the name, and none for a number', async runtime => {
  const of = async (user: string): Promise<string> => {
    const {stdout} = await runtime.run({image: image(), user, command: ['sh', '-c', 'id -G | tr " " "\\n" | sort -n | tr "\\n" " "']});
    return stdout.trim();
  };
  assert.is(await of('good'), '777 888 2345');
  assert.is(await of('1234:2345'), '2345');
});

test.after(() => made?.remove());
test.run();
