// What AssemblyScript calls when an index or a cast is wrong: a bug of ours. The process ends as abort(3) ends it; what
// and where is not said, since naming every place would cost a tenth of the module.

import * as linux from './linux';

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  linux.kill(linux.getpid(), linux.SIGABRT);
  unreachable();
}
