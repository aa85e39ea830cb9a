//! Who the process will be and what it may do: credentials(7), capabilities(7), prctl(2). The order of these steps is
//! the plan's; each function here does one of them whole or fails.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{E2BIG, EINVAL, EPERM, ESRCH, Errno, Result, fail};
use crate::passwd::{self, Groups, User};
use crate::plan::{Numbers, slot};
use crate::step::Child;
use crate::sys::{self, Fd, Owned};

/// No id: what setresuid(2) takes as "leave it".
const NO_ID: u32 = u32::MAX;

/// Step `pdeathsig`. If the parent died before, there is no signal any more: its end of the channel is closed then.
pub fn pdeathsig(channel: Fd, signal: u32) -> Result<()> {
    sys::prctl(PR_SET_PDEATHSIG, signal as usize)?;
    let now = Timespec::default();
    let mut poll = [PollFd { fd: channel, events: POLLIN, revents: 0 }];
    sys::retry(|| sys::poll(&mut poll, Some(now)))?;
    if poll[0].revents & (POLLHUP | POLLERR) != 0 { fail(ESRCH) } else { Ok(()) }
}

/// Step `bounding`: drops every capability that this kernel has but for those in `keep`.
pub fn bounding(keep: u64) -> Result<()> {
    for capability in 0..64 {
        if keep >> capability & 1 != 0 {
            continue;
        }
        match sys::prctl(PR_CAPBSET_DROP, capability) {
            // The first number that is no capability: there are none behind it.
            Err(error) if error == EINVAL && sys::prctl(PR_CAPBSET_READ, capability).is_err() => return Ok(()),
            result => result?,
        };
    }
    Ok(())
}

/// Step `ambient`: none but these.
pub fn ambient(raise: u64) -> Result<()> {
    sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)?;
    for capability in (0..64).filter(|capability| raise >> capability & 1 != 0) {
        sys::prctl2(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)?;
    }
    Ok(())
}

/// Step `prlimit`: -1 is infinity, -2 what the limit is. A soft limit never stays above the hard one.
pub fn prlimit(resource: u32, soft: i64, hard: i64) -> Result<()> {
    let old = sys::prlimit(0, resource as i32, None)?;
    let value = |wanted: i64, old: u64| match wanted {
        -1 => Ok(RLIM_INFINITY),
        -2 => Ok(old),
        wanted => u64::try_from(wanted).map_err(|_| Errno::new(EINVAL)),
    };
    let hard = value(hard, old.hard)?;
    let soft = value(soft, old.soft)?.min(hard);
    sys::prlimit(0, resource as i32, Some(&Rlimit { soft, hard })).map(|_| ())
}

impl Child {
    /// Step `credentials`, by numbers or by a name of the image's. Supplementary groups, then gid, then uid, since each
    /// takes away the right to do the one before.
    pub fn credentials(&mut self, by_name: bool, uid: u32, gid: u32, groups: Numbers, name: &CStr) -> Result<()> {
        let mut all = Groups::new();
        let user = if by_name {
            let (user, home) = passwd::lookup(self.root()?, name.to_bytes(), &mut all)?;
            self.set_home(home)?;
            user
        } else {
            User { uid, gid }
        };
        if user.uid == NO_ID || user.gid == NO_ID {
            return fail(EINVAL);
        }
        for group in groups.iter() {
            all.add(u32::try_from(group).map_err(|_| Errno::new(EINVAL))?)?;
        }
        // After the pivot, and while files can be read that the user may not read.
        if self.root >= 0 && !by_name {
            self.remember_home(user.uid)?;
        }
        if self.root >= 0 {
            self.own_null()?;
        }
        self.set_groups(all.as_slice())?;
        self.give_pipes(user);
        sys::setresgid(user.gid)?;
        if self.has_terminal {
            sys::fchown(0, user.uid, NO_ID)?;
        }
        sys::setresuid(user.uid)?;
        // A change of ids gives this back what fs.suid_dumpable says, which may be that others can look in.
        sys::prctl(PR_SET_DUMPABLE, 0).map(|_| ())
    }

    /// In a user namespace that was made without privilege setgroups(2) is denied for ever (user_namespaces(7)). It may
    /// be left out then if there is nothing to set, and never else.
    fn set_groups(&self, groups: &[u32]) -> Result<()> {
        match sys::setgroups(groups) {
            Err(error) if error == EPERM && groups.is_empty() && self.setgroups_is_denied()? => Ok(()),
            result => result,
        }
    }

    fn setgroups_is_denied(&self) -> Result<bool> {
        let file = Owned::new(sys::openat(self.slot(slot::PROC)?, c"self/setgroups", O_RDONLY | O_CLOEXEC, 0)?);
        let mut text = [0; 8];
        let length = sys::read(file.fd(), &mut text)?;
        Ok(text.get(..length).ok_or(Errno::new(E2BIG))?.starts_with(b"deny"))
    }
}
