// The story that `twinbox demo` tells on the emulated kernel.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {checkStory, seedLines} from './story.ts';
import {twinbox} from './twinbox.ts';

test('the demo shows both views, what is refused, what is isolated, and who dies', () => {
  const {status, stdout, stderr} = twinbox(['demo', '--mode', 'portable']);
  assert.is(status, 0, stderr);
  checkStory(stdout);
  assert.is(seedLines(stdout).length, 6);
});

test('where native mode is off the demo says why, and is no failure', () => {
  const {status, stdout, stderr} = twinbox(['demo'], {env: {TWINBOX_NATIVE: 'off'}});
  assert.is(status, 0, stderr);
  assert.match(stdout, /On Linux itself \(native mode\) the story cannot be told here: .+/);
  assert.is(twinbox(['demo', '--mode', 'native'], {env: {TWINBOX_NATIVE: 'off'}}).status, 125);
});

test.run();
