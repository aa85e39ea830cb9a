//! The terminal of a container: a pty of its own devpts (pts(4)), so that nothing of the host's terminals is inside.

use crate::abi::*;
use crate::channel::{self, Message};
use crate::errno::{EEXIST, ENODEV, Errno, Result, fail};
use crate::step::Child;
use crate::sys::{self, Owned};

impl Child {
    /// Step `console`: the slave becomes 0, 1, 2 and the controlling terminal; the master goes to the supervisor. With
    /// `bind` the slave also covers /dev/console.
    pub fn console(&mut self, columns: u16, rows: u16, bind: bool) -> Result<()> {
        let master = {
            // Not by /dev/ptmx, which is the image's to choose, nor by the pty's number, which could be another's.
            let pts = self.look(c"/dev/pts", O_DIRECTORY | O_NOFOLLOW)?.file;
            let flags = O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW;
            if sys::fstatfs(pts.fd())? != DEVPTS_SUPER_MAGIC {
                return fail(ENODEV);
            }
            Owned::new(sys::openat(pts.fd(), c"ptmx", flags, 0)?)
        };
        if sys::fstatfs(master.fd())? != DEVPTS_SUPER_MAGIC {
            return fail(ENODEV);
        }
        sys::unlock_pty(master.fd())?;
        let slave = Owned::new(sys::pty_peer(master.fd(), O_RDWR | O_NOCTTY | O_CLOEXEC)?);
        sys::set_window_size(slave.fd(), columns, rows)?;
        sys::set_controlling_terminal(slave.fd())?;
        for n in 0..3 {
            sys::dup3(slave.fd(), n, 0)?;
        }
        if bind {
            self.bind_console(&slave)?;
        }
        self.has_terminal = true;
        channel::send(self.channel, &Message { kind: channel::CONSOLE, ..Message::default() }, Some(master.fd()))
    }

    fn bind_console(&self, slave: &Owned) -> Result<()> {
        let (dev, name) = self.parent(c"/dev/console")?;
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        match sys::openat(dev.fd(), name.as_c(), flags, 0o600) {
            Err(error) if error != EEXIST => return Err(error),
            made => made.map_or((), sys::close),
        }
        let place = Owned::new(sys::openat(dev.fd(), name.as_c(), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0)?);
        if sys::fstat(place.fd())?.is(S_IFLNK) {
            return Err(Errno::new(EEXIST));
        }
        let flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH as u32;
        let tree = Owned::new(sys::open_tree(slave.fd(), c"", flags)?);
        sys::move_mount(tree.fd(), place.fd())
    }
}
