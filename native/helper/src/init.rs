//! The init that comes with twinbox (docker's --init): PID 1 stays what it is, and its child becomes the program. It
//! passes signals on, reaps whatever is orphaned in the container, and ends as its child does.
//!
//! It is the helper still, from a sealed memfd, and not dumpable: nobody inside can look into it or change it. It holds
//! no descriptor at all.

use crate::abi::*;
use crate::errno::{EINTR, Result};
use crate::step::Child;
use crate::sys;

/// What a fault raises in the thread that made it. PID 1 dies of its own; they are not waited for.
const FAULTS: [i32; 6] = [4, 5, 7, 8, 11, 31];

impl Child {
    /// Step `init`: comes back in the child, whose next step is exec.
    pub fn init(&mut self) -> Result<()> {
        let waited = FAULTS.iter().fold(u64::MAX, |mask, signal| mask & !(1 << (signal - 1)));
        // Blocked before there is a child, so that none is lost. What is blocked also reaches a PID 1 without a
        // handler.
        sys::set_signal_mask(waited)?;
        // Where PIDs are shared orphans would go to the supervisor.
        let _ = sys::prctl(PR_SET_CHILD_SUBREAPER, 1);
        let _ = sys::set_name(c"init");
        let pid = sys::fork()?;
        if pid != 0 {
            watch(pid, waited);
        }
        // A process group of its own, in the foreground of its terminal: a key's signal then comes to it once.
        let _ = sys::setpgid(0, 0);
        if self.has_terminal {
            let _ = sys::set_foreground_group(0, sys::getpid());
        }
        sys::prctl(PR_SET_PDEATHSIG, SIGKILL as usize)?;
        sys::set_signal_mask(0)
    }
}

/// PID 1 from here on.
fn watch(child: i32, signals: u64) -> ! {
    // The channel too: its end is when the program has begun.
    let _ = sys::close_range(0, u32::MAX, 0);
    loop {
        match sys::wait_signal(signals) {
            Ok(SIGCHLD) => reap(child),
            Ok(signal) => drop(sys::kill(child, signal)),
            Err(error) if error == EINTR => (),
            // A filter without this call: better no init than one that hears nothing.
            Err(_) => sys::exit(125),
        }
    }
}

/// Takes everyone who has ended; ends itself when that is the program.
fn reap(child: i32) {
    while let Ok(Some(ended)) = sys::waitid(P_ALL, 0, WEXITED | WNOHANG) {
        if ended.pid == child {
            const CLD_EXITED: i32 = 1;
            sys::exit(if ended.code == CLD_EXITED { ended.status } else { 128 + ended.status });
        }
    }
}
