// Two transforms of asc that make the module smaller.
//
// Texts for packed(...) are packed: a string has two bytes for each character, and usage texts were a tenth of the module.
//
// Fewer stores to the shadow stack. asc roots every managed operand of every call in the caller's
// frame. An operand that merely reads a local needs no root of its own: what was assigned to a local has one already, and
// a parameter is rooted by the caller. Without this, busybox.wasm would be a fifth bigger.
//
// The one thing that would break it is a call that assigns to a local in a later operand after passing it in an earlier
// one, f(x, x = g()); assembly/ does not write that.

import { Node, NodeKind } from 'assemblyscript';
import binaryen from 'binaryen';
import { Transform } from 'assemblyscript/transform';

const localGet = binaryen._BinaryenLocalGetId();

// Two characters in a unit, the first one low. Beyond ASCII nothing fits, so such a text stays.
function pack(text) {
  if (/[^\x01-\x7f]/.test(text)) return text;
  let out = '';
  for (let i = 0; i < text.length; i += 2) out += String.fromCharCode(text.charCodeAt(i) | ((text.charCodeAt(i + 1) || 0) << 8));
  return out;
}

// A literal, or literals joined by +.
function textOf(node) {
  if (node.kind === NodeKind.Binary) return textOf(node.left) + textOf(node.right);
  return node.parts ? node.parts[0] : node.value;
}

// Every node below one: asc has no visitor of its own.
function walk(node, visit, seen = new Set()) {
  if (node === null || typeof node !== 'object' || seen.has(node)) return;
  seen.add(node);
  if (Array.isArray(node)) return node.forEach(one => walk(one, visit, seen));
  if (!(node instanceof Node)) return;
  visit(node);
  for (const [name, value] of Object.entries(node)) if (name !== 'range' && name !== 'source') walk(value, visit, seen);
}

export default class extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) {
      if (source.isLibrary) continue;
      walk(source.statements, node => {
        if (node.kind !== NodeKind.Call || node.expression.text !== 'packed') return;
        node.args[0] = Node.createStringLiteralExpression(pack(textOf(node.args[0])), node.args[0].range);
      });
    }
  }

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
