// A transform of asc: fewer stores to the shadow stack. asc roots every managed operand of every call in the caller's
// frame. An operand that merely reads a local needs no root of its own: what was assigned to a local has one already, and
// a parameter is rooted by the caller. Without this, busybox.wasm would be a fifth bigger.
//
// The one thing that would break it is a call that assigns to a local in a later operand after passing it in an earlier
// one, f(x, x = g()); assembly/ does not write that.

import binaryen from 'binaryen';
import { Transform } from 'assemblyscript/transform';

const localGet = binaryen._BinaryenLocalGetId();

export default class extends Transform {
  afterInitialize(program) {
    const { module } = program;
    const { tostack, local_set: set, local_tee: tee } = module;
    let assigning = false;
    module.tostack = (expr) =>
      !assigning && binaryen._BinaryenExpressionGetId(expr) === localGet ? expr : tostack.call(module, expr);
    const forced = (assign) => (...args) => {
      const held = assigning;
      assigning = true;
      try {
        return assign.apply(module, args);
      } finally {
        assigning = held;
      }
    };
    module.local_set = forced(set);
    module.local_tee = forced(tee);
  }
}
