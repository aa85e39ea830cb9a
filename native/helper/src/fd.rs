//! What a child inherits and must not keep: descriptors, signal dispositions, the signal mask, the umask.

use crate::abi::*;
use crate::errno::{EINVAL, Result};
use crate::plan::{Op, Plan, slot};
use crate::step::Child;
use crate::sys::{self, Fd};

impl Child {
    /// Step `close_fds`: what is in no slot is closed, but for the channel. What remains above 2 ends with exec.
    pub fn close_fds(&mut self) -> Result<()> {
        sys::umask(0);
        self.stdio()?;
        let mut first = 3;
        while let Some(next) = self.next_kept(first) {
            if next > first {
                sys::close_range(first, next - 1, 0)?;
            }
            first = next + 1;
        }
        sys::close_range(first, u32::MAX, 0)?;
        match sys::close_range(3, u32::MAX, CLOSE_RANGE_CLOEXEC) {
            // Linux 5.10 has no such flag yet. Everything was opened close-on-exec; that is seen to once more here.
            Err(error) if error == EINVAL => {
                let mut from = 3;
                while let Some(fd) = self.next_kept(from) {
                    sys::fcntl(fd as Fd, F_SETFD, FD_CLOEXEC)?;
                    from = fd + 1;
                }
            }
            result => result?,
        }
        reset_signals()
    }

    /// Puts the slots of standard input, output and error in their places, where they are filled.
    pub fn stdio(&mut self) -> Result<()> {
        for n in 0..3 {
            let fd = self.slots.get(slot::STDIO + n).copied().unwrap_or(-1);
            if fd < 0 {
                continue;
            }
            if fd == n as Fd {
                sys::fcntl(fd, F_SETFD, 0)?;
            } else {
                sys::dup3(fd, n as Fd, 0)?;
            }
        }
        Ok(())
    }

    /// The lowest descriptor from `first` up that is still needed.
    fn next_kept(&self, first: u32) -> Option<u32> {
        let own = [self.channel, self.root, self.staged];
        self.slots.iter().chain(&own).filter_map(|fd| u32::try_from(*fd).ok()).filter(|fd| *fd >= first).min()
    }
}

/// Which of 0 to 2 the plan's `stdio` step makes pipes.
pub fn pipes(plan: &Plan) -> [bool; 3] {
    const PIPE: i64 = 1;
    const LOG: i64 = 2;
    let stdio = plan.steps().find(|step| step.op == Op::Stdio);
    let kinds = stdio.and_then(|step| step.fields().ints().ok());
    [0, 1, 2].map(|n| kinds.and_then(|kinds| kinds.get(n)).is_some_and(|kind| kind == PIPE || kind == LOG))
}

/// Every signal back to its default, and none blocked: Node ignores SIGPIPE and SIGXFSZ, and what is ignored stays so
/// through execve(2).
fn reset_signals() -> Result<()> {
    for signal in (1..=NSIG).filter(|signal| ![SIGKILL, SIGSTOP].contains(signal)) {
        sys::signal_default(signal)?;
    }
    sys::set_signal_mask(0)
}
