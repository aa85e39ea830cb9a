// Signals to the command line, with the emulated kernel behind it.

import {signalTests} from './signal.ts';

signalTests('portable').run();
