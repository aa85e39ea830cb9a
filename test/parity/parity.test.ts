// The promise of the project: a script gives the same answers here as on a real kernel. One test a row.

import {rowTests} from './rows.ts';

(await rowTests('portable')).run();
