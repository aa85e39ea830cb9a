//! What a child inherits and must not keep: descriptors, the signal mask, the umask; and signal dispositions, which the
//! supervisor is rid of before it has children.

use crate::abi::*;
use crate::errno::{EINVAL, Result};
use crate::passwd::User;
use crate::plan::{Op, Plan, slot};
use crate::step::Child;
use crate::sys::{self, Fd, Owned};

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
        sys::set_signal_mask(0)
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

    /// The container's own /dev/null instead of the host's, if it is one. The host's stays where it is not: it came
    /// through a read-only mount that is nobody's, which shows as "/" in procfs.
    pub fn own_null(&self) -> Result<()> {
        const NULL: i64 = 0;
        if !self.kinds.contains(&NULL) {
            return Ok(());
        }
        let is_null = |file: &Owned| {
            sys::fstat(file.fd()).is_ok_and(|stat| stat.is(S_IFCHR) && (stat.major, stat.minor) == (1, 3))
        };
        if !self.look(c"/dev/null", O_NOFOLLOW).is_ok_and(|place| is_null(&place.file)) {
            return Ok(());
        }
        // A group of devices may forbid it; then the host's is what there is.
        let flags = O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC;
        let opened = self.parent(c"/dev/null").and_then(|(dev, name)| sys::openat(dev.fd(), name.as_c(), flags, 0));
        let Ok(null) = opened.map(Owned::new) else { return Ok(()) };
        for (fd, _) in self.kinds.iter().enumerate().filter(|(_, kind)| **kind == NULL && is_null(&null)) {
            sys::dup3(null.fd(), fd as Fd, 0)?;
        }
        Ok(())
    }

    /// So that the user can open /dev/stdout: only an owner may open a pipe by its path in procfs. The supervisor does
    /// that too, but if it has no powers, it cannot give a file to another id of the container's, and we can here. What
    /// nobody could give stays as it is, and still can be written to.
    pub fn give_pipes(&self, user: User) {
        const PIPES: [i64; 2] = [1, 2];
        if (user.uid, user.gid) == (sys::getuid(), sys::getgid()) {
            return;
        }
        for (fd, _) in self.kinds.iter().enumerate().filter(|(_, kind)| PIPES.contains(kind)) {
            let _ = sys::fchown(fd as Fd, user.uid, user.gid);
        }
    }

    /// The lowest descriptor from `first` up that is still needed.
    fn next_kept(&self, first: u32) -> Option<u32> {
        let own = [self.channel, self.root, self.staged];
        self.slots.iter().chain(&own).filter_map(|fd| u32::try_from(*fd).ok()).filter(|fd| *fd >= first).min()
    }
}

/// What the plan's `stdio` step says of 0 to 2.
pub fn kinds(plan: &Plan) -> [i64; 3] {
    let stdio = plan.steps().find(|step| step.op == Op::Stdio);
    let kinds = stdio.and_then(|step| step.fields().ints().ok());
    [0, 1, 2].map(|n| kinds.and_then(|kinds| kinds.get(n)).unwrap_or(-1))
}

/// Every signal back to its default: Node ignores SIGPIPE and SIGXFSZ, and what is ignored stays so through execve(2).
/// The supervisor does this once, at its start, and never sets a handler, so that its children begin with the defaults.
pub fn default_signals() -> Result<()> {
    (1..=NSIG).filter(|signal| ![SIGKILL, SIGSTOP].contains(signal)).try_for_each(sys::signal_default)
}
