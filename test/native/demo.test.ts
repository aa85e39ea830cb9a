// The demo's story on Linux itself, and the seed's call on both kernels.

import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {checkStory, seedLines} from '../cli/story.ts';
import {twinbox} from '../cli/twinbox.ts';
import {orSkip} from './native.ts';

orSkip('the demo on both kernels', () => {
  const test = suite('demo');
  test('the story is told on both kernels, and the seed\'s call prints the same lines on each', () => {
    const {status, stdout, stderr} = twinbox(['demo']);
    assert.is(status, 0, stderr);
    const [portable = '', native = ''] = stdout.split('The same on Linux itself');
    checkStory(portable);
    checkStory(native);
    assert.is(seedLines(native).length, 6);
    assert.equal(seedLines(native), seedLines(portable));
  });
  return test;
}).run();
