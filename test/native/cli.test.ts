// The command line on the real kernel: the same tests as in test/cli.

import {runTests} from '../cli/run.ts';
import {signalTests} from '../cli/signal.ts';
import {orSkip} from './native.ts';

orSkip('the command line in native mode', () => runTests('native')).run();
orSkip('signals to the command line in native mode', () => signalTests('native')).run();
