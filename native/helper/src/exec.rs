//! The last step: the program takes the child's place (execve(2)). Arguments and environment are the plan's own bytes.

use core::ffi::CStr;

use crate::errno::{EACCES, EBUSY, EINVAL, ENODEV, ENOENT, ENOTDIR, ETIMEDOUT, Errno, Result, fail};
use crate::passwd::{self, Home};
use crate::plan::{Op, Plan};
use crate::step::Child;
use crate::sys::{self, Vector};
use crate::text::{Path, TextBuf};

/// Where programs are looked for if the environment does not say; docker's.
const PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Step `exec`. Only comes back with an error.
pub fn exec(plan: &mut Plan, child: &mut Child, index: u32) -> Errno {
    match try_exec(plan, child, index) {
        Ok(error) | Err(error) => error,
    }
}

fn try_exec(plan: &mut Plan, child: &mut Child, index: u32) -> Result<Errno> {
    if child.old_root {
        return fail(EBUSY);
    }
    if child.wants_home && child.home.as_bytes().is_empty() {
        child.remember_home(sys::getuid())?;
    }
    let home = TextBuf::<1032>::of(&[b"HOME=", child.home.as_bytes()])?;
    let (arguments, mut environment) = plan.exec(index)?;
    let program = arguments.get(0).ok_or(Errno::new(EINVAL))?;
    if child.wants_home {
        environment.push(home.as_c())?;
    }
    Ok(search(program, &arguments, &environment))
}

/// Whether the program gets a HOME that its environment in the plan does not have.
pub fn wants_home(plan: &Plan) -> bool {
    let exec = plan.steps().find(|step| step.op == Op::Exec);
    let environment = exec.and_then(|step| plan.environment(&step).ok());
    environment.is_some_and(|(mut strings, spare)| spare > 0 && !strings.any(|it| it.to_bytes().starts_with(b"HOME=")))
}

impl Child {
    /// Keeps the home directory of a user for exec, which may not be able to read /etc/passwd any more.
    pub fn remember_home(&mut self, uid: u32) -> Result<()> {
        if self.wants_home {
            let found = passwd::home(self.root()?, uid).ok().flatten();
            self.set_home(found)?;
        }
        Ok(())
    }

    /// "/" is the home of someone who has none.
    pub fn set_home(&mut self, home: Option<Home>) -> Result<()> {
        self.home = match home {
            Some(home) if !home.as_bytes().is_empty() => home,
            _ => Home::of(&[b"/"])?,
        };
        Ok(())
    }
}

fn variable<'a>(environment: &Vector<'a>, name: &[u8]) -> Option<&'a [u8]> {
    (0..environment.len()).filter_map(|n| environment.get(n)).find_map(|it| it.to_bytes().strip_prefix(name))
}

/// As execvp(3): a name without a slash is tried in each directory of PATH. EACCES is kept for the end, since a later
/// one may have the program; an ENOEXEC is no reason to try a shell.
fn search(program: &CStr, arguments: &Vector, environment: &Vector) -> Errno {
    let name = program.to_bytes();
    if name.contains(&b'/') || name.is_empty() {
        return sys::execve(program, arguments, environment);
    }
    let mut worst = Errno::new(ENOENT);
    for directory in variable(environment, b"PATH=").unwrap_or(PATH).split(|byte| *byte == b':') {
        let slash: &[u8] = if directory.is_empty() || directory.ends_with(b"/") { b"" } else { b"/" };
        let Ok(path) = Path::of(&[directory, slash, name]) else { continue };
        let error = sys::execve(path.as_c(), arguments, environment);
        match error.code() {
            EACCES => worst = error,
            ENOENT | ENOTDIR | ENODEV | ETIMEDOUT => {
                if worst != EACCES {
                    worst = error;
                }
            }
            _ => return error,
        }
    }
    if worst == EACCES { worst } else { Errno::of(ENOENT, worst.call().max(0) as usize) }
}
