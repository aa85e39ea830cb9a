// What memfs's core needs of Node's process, for bundles: no ids, since the kernel keeps its own.
'use strict';

exports.default = {};
