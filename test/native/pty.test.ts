// A terminal whose other end is a pty of the real kernel, made inside the container: the same tests as in test/pty.

import {restoreTests} from '../pty/restore.ts';
import {shellTests} from '../pty/shell.ts';
import {orSkip} from './native.ts';

orSkip('a terminal in native mode', () => shellTests('native')).run();
orSkip('the terminal after native mode', () => restoreTests('native')).run();
