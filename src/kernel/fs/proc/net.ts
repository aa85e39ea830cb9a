// /proc/PID/net: the network namespace's files. The depth of the network comes with the network itself: the loopback
// interface is all that a namespace has.

import { dir, text } from './node.ts';

const header = 'Inter-|   Receive                                                |  Transmit\n' +
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';
const zeros = '       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n';

export const netDir = dir({
  dev: text(`${header}    lo:${zeros}`),
  route: text(`${'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'.padEnd(127)}\n`),
  tcp: text('  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'),
  udp: text('  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n'),
  unix: text('Num       RefCount Protocol Flags    Type St Inode Path\n'),
});
