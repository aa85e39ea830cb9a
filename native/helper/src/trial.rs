//! Births for tests: a plan is encoded, a child cloned and its steps made, on the real kernel. It plays the
//! supervisor's part in one thread. Root only; as another user where a test says so, since credentials belong to
//! threads.

mod identity;
mod legacy;
mod program;
mod root;
mod visit;

use std::ffi::CString;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::abi::*;
use crate::channel::{self, Message};
use crate::encode::Encoder;
use crate::plan::{Op, Plan, slot};
use crate::step::{self, Child};
use crate::sys::{self, Fd};

pub const NULL: u16 = 9;
pub const ROOT: u16 = 8;
/// The first slot that a test can use.
pub const FREE: u16 = 10;
const SLOTS: u32 = 16;

pub fn is_root() -> bool {
    if sys::geteuid() != 0 {
        eprintln!("skipped: needs root");
    }
    sys::geteuid() == 0
}

/// Whether a file of procfs names this.
pub fn kernel_has(file: &str, name: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.contains(name))
}

/// A root with a static busybox in it; gone with the test.
pub struct Image(pub PathBuf);

impl Image {
    pub fn new(name: &str) -> Image {
        let path = std::env::temp_dir().join(format!("trial-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        for directory in ["bin", "dev", "etc", "proc", "sys", "tmp", "run"] {
            fs::create_dir_all(path.join(directory)).unwrap();
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let busybox = ["/usr/bin/busybox", "/bin/busybox"].into_iter().find(|path| Path::new(path).exists());
        // By a process of its own: a child that another test clones meanwhile would keep the file open for writing.
        let copied = Command::new("cp").arg(busybox.expect("a static busybox")).arg(path.join("bin/busybox")).status();
        assert!(copied.unwrap().success());
        let applets = "sh cat ls id echo tty stty hostname ifconfig mount readlink stat mkdir pwd grep true env cut tr wc chmod sleep ps sort";
        for applet in applets.split(' ') {
            std::os::unix::fs::symlink("busybox", path.join("bin").join(applet)).unwrap();
        }
        Image(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.0.join(path), text).unwrap();
    }

    pub fn link(&self, target: &str, path: &str) {
        std::os::unix::fs::symlink(target, self.0.join(path)).unwrap();
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What came of a birth.
#[derive(Default, Debug)]
pub struct Outcome {
    /// errno, step, system call.
    pub failed: Option<(i32, i64, i64)>,
    /// uid and gid at the park point, as the host sees them, and the PID inside.
    pub parked: Option<(u32, u32, i32)>,
    pub output: String,
    pub bytes: Vec<u8>,
    /// CLD_* and the status.
    pub end: (i32, i32),
    pub terminal: String,
}

impl Outcome {
    /// What it printed, after it ran well.
    pub fn printed(&self) -> &str {
        assert_eq!((self.failed, self.end), (None, (1, 0)), "{self:?}");
        self.output.trim_end()
    }

    pub fn error(&self) -> i32 {
        assert_eq!(self.end, (1, 125), "{self:?}");
        self.failed.expect("a failure").0
    }
}

pub struct Birth {
    pub plan: Encoder,
    pub flags: u64,
    pub slots: Vec<Fd>,
    /// uid_map and gid_map, written at `sync`.
    pub maps: Option<(String, String)>,
    /// Written before gid_map.
    pub deny_setgroups: bool,
    /// What the program reads.
    pub input: String,
    /// Who has made the pipes.
    pub pipes_of: Option<u32>,
    /// Typed at the terminal.
    pub typed: String,
    /// A filter that is in force before the first step: these calls do not exist.
    pub without: Vec<usize>,
    /// The supervisor is gone when the child begins.
    pub orphan: bool,
    /// Done when it comes to `sync`.
    pub at_sync: Option<Box<dyn Fn()>>,
    /// Done while it is parked; gets the PID.
    pub at_park: Option<fn(i32)>,
}

pub const CONTAINER: u64 = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;

impl Birth {
    pub fn new(flags: u64) -> Birth {
        let mut slots = vec![-1; SLOTS as usize];
        slots[slot::PROC] = sys::openat(AT_FDCWD, c"/proc", O_PATH | O_CLOEXEC, 0).unwrap();
        let null = fs::File::open("/dev/null").unwrap();
        slots[slot::STDIO] = null.into_raw_fd();
        let mut plan = Encoder::new();
        plan.runtime(Op::Clone).int(flags as i64).int(0).ints(&[]).result(slot::PID as u16);
        plan.child(Op::CloseFds);
        Birth {
            plan,
            flags,
            slots,
            maps: None,
            deny_setgroups: false,
            input: String::new(),
            pipes_of: None,
            typed: String::new(),
            without: vec![],
            orphan: false,
            at_sync: None,
            at_park: None,
        }
    }

    /// Up to a root of its own with procfs, the old root still below ".".
    pub fn container(image: &Image) -> Birth {
        let mut birth = Birth::new(CONTAINER);
        birth.open_sources(image);
        birth.pivot();
        birth.mount("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, &[]);
        birth
    }

    /// The same in a user namespace that maps `count` ids from the host's `first`.
    pub fn user_container(image: &Image, first: u32, count: u32) -> Birth {
        let mut birth = Birth::new(CONTAINER | CLONE_NEWUSER);
        let map = format!("0 {first} {count}\n");
        birth.maps = Some((map.clone(), map));
        birth.child(Op::Dumpable).int(1);
        birth.child(Op::Sync);
        birth.child(Op::Dumpable).int(0);
        birth.credentials(0, 0, &[]);
        birth.open_sources(image);
        birth.pivot();
        birth.mount("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, &[]);
        birth
    }

    pub fn child(&mut self, op: Op) -> &mut Encoder {
        self.plan.child(op)
    }

    fn open_sources(&mut self, image: &Image) {
        let copy = (OPEN_TREE_CLONE as i32 | AT_RECURSIVE) as i64;
        self.child(Op::OpenTree).text(image.path()).int(copy).result(ROOT);
        self.child(Op::OpenTree).text("/dev/null").int(OPEN_TREE_CLONE as i64).result(NULL);
    }

    fn pivot(&mut self) {
        let private = (MS_REC | MS_PRIVATE) as i64;
        self.child(Op::Mount).text("").text("/").text("").int(private).texts(&[]);
        self.child(Op::MoveMount).int(ROOT as i64).text("/");
        self.child(Op::Mount).text("").text("/").text("").int(private).texts(&[]);
        self.child(Op::Chdir).text("/");
        self.child(Op::PivotRoot);
    }

    /// The old root goes.
    pub fn detach(&mut self) {
        self.child(Op::Umount).text(".").int(MNT_DETACH as i64);
        self.child(Op::Chdir).text("/");
    }

    pub fn mkdirs(&mut self, path: &str) {
        self.child(Op::Mkdirs).text(path).int(0o755).int(0);
    }

    pub fn symlink(&mut self, target: &str, path: &str) {
        self.child(Op::Symlink).text(target).text(path);
    }

    pub fn mount(&mut self, kind: &str, target: &str, flags: u64, data: &[&str]) {
        self.child(Op::Mount).text(kind).text(target).text(kind).int(flags as i64).texts(data);
    }

    pub fn credentials(&mut self, uid: u32, gid: u32, groups: &[i64]) {
        self.child(Op::Credentials).int(0).int(uid as i64).int(gid as i64).ints(groups).text("");
    }

    pub fn user(&mut self, spec: &str) {
        self.child(Op::Credentials).int(1).int(0).int(0).ints(&[]).text(spec);
    }

    pub fn exec(&mut self, args: &[&str], env: &[&str]) {
        self.child(Op::Exec).vector(args, 0).vector(env, 1);
    }

    /// Runs a script, and the birth.
    pub fn sh(mut self, script: &str) -> Outcome {
        self.exec(&["sh", "-c", script], &["PATH=/bin"]);
        self.run()
    }

    pub fn run(mut self) -> Outcome {
        let bytes = std::mem::replace(&mut self.plan, Encoder::new()).finish(1, SLOTS);
        let plan = map(&bytes);
        let (mut output, sink) = pipe();
        let (source, mut input) = pipe();
        if let Some(uid) = self.pipes_of {
            sys::fchown(sink.as_raw_fd(), uid, uid).unwrap();
        }
        self.slots[slot::STDIO + 1] = sink.as_raw_fd();
        self.slots[slot::STDIO + 2] = sink.as_raw_fd();
        let old_input = self.slots[slot::STDIO];
        if !self.input.is_empty() {
            self.slots[slot::STDIO] = source.as_raw_fd();
        }
        let slots = sys::table::<Fd>(self.slots.len()).unwrap();
        slots.copy_from_slice(&self.slots);
        let [mine, theirs] = sys::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC).unwrap();
        sys::setsockopt(mine, SOL_SOCKET, SO_PASSCRED, 1).unwrap();
        let filter = absent(&self.without);
        if self.orphan {
            sys::close(mine);
        }
        let from = plan.clone_step().unwrap() + 1;
        let cloned = sys::clone3(self.flags, SIGCHLD, -1).unwrap();
        if cloned.pid == 0 {
            // What the supervisor does at its start.
            crate::fd::default_signals().unwrap();
            sys::prctl(PR_SET_DUMPABLE, 0).unwrap();
            if !self.without.is_empty() {
                sys::seccomp(0, &filter).unwrap();
            }
            step::run(plan, Child::new(slots, theirs), from);
        }
        sys::close(theirs);
        drop((sink, source));
        plan.unmap();
        sys::unmap(slots);
        let mut outcome = Outcome::default();
        let mut master = None;
        if !self.orphan {
            let text = std::mem::take(&mut self.input);
            std::thread::spawn(move || input.write_all(text.as_bytes()));
            master = self.serve(mine, cloned.pid, &mut outcome);
            sys::close(mine);
        }
        if let Some(master) = master {
            outcome.terminal = converse(master, &self.typed);
        }
        let mut bytes = vec![];
        output.read_to_end(&mut bytes).unwrap();
        outcome.output = String::from_utf8_lossy(&bytes).into_owned();
        outcome.bytes = bytes;
        let waited = sys::waitid(P_PIDFD, cloned.pidfd, WEXITED).unwrap().unwrap();
        outcome.end = (waited.code, waited.status);
        sys::close(cloned.pidfd);
        sys::close(self.slots[slot::PROC]);
        sys::close(old_input);
        outcome
    }

    /// Answers the child until it has become the program or has ended.
    fn serve(&mut self, channel: Fd, pid: i32, outcome: &mut Outcome) -> Option<fs::File> {
        let mut master = None;
        loop {
            let mut bytes = [0; channel::LENGTH];
            let mut fds = [-1; 1];
            let received = sys::retry(|| sys::receive(channel, &mut bytes, &mut fds, 0)).unwrap();
            if received.length == 0 {
                return master;
            }
            let message = Message::decode(&bytes).unwrap();
            match message.kind {
                channel::SYNC => {
                    self.at_sync.iter().for_each(|act| act());
                    if let Some((uids, gids)) = &self.maps {
                        fs::write(format!("/proc/{pid}/uid_map"), uids).unwrap();
                        if self.deny_setgroups {
                            fs::write(format!("/proc/{pid}/setgroups"), "deny").unwrap();
                        }
                        fs::write(format!("/proc/{pid}/gid_map"), gids).unwrap();
                    }
                    channel::send(channel, &Message { kind: channel::SYNC, ..Message::default() }, None).unwrap();
                }
                channel::PARKED => {
                    let who = received.credentials.unwrap();
                    outcome.parked = Some((who.uid, who.gid, message.a));
                    self.at_park.inspect(|look| look(pid));
                    channel::send(channel, &Message { kind: channel::GO, ..Message::default() }, None).unwrap();
                }
                channel::FAIL => outcome.failed = Some((message.a, message.b, message.c)),
                // SAFETY: it has just come, and is nobody else's.
                #[allow(unsafe_code)]
                channel::CONSOLE => master = Some(unsafe { fs::File::from_raw_fd(fds[0]) }),
                other => panic!("message {other}"),
            }
        }
    }
}

/// Types, and reads until the other side has closed (EIO).
fn converse(mut master: fs::File, typed: &str) -> String {
    master.write_all(typed.as_bytes()).unwrap();
    let mut text = vec![];
    let mut block = [0; 4096];
    while let Ok(length) = master.read(&mut block) {
        text.extend(&block[..length]);
    }
    String::from_utf8_lossy(&text).into_owned()
}

pub fn map(bytes: &[u8]) -> Plan {
    let memfd = memfd(bytes);
    let plan = Plan::map(memfd).unwrap();
    sys::close(memfd);
    plan
}

pub fn memfd(bytes: &[u8]) -> Fd {
    let memfd = sys::memfd_create(c"plan", MFD_CLOEXEC | MFD_ALLOW_SEALING).unwrap();
    assert_eq!(sys::write(memfd, bytes).unwrap(), bytes.len());
    assert_eq!(Plan::map(memfd).err().unwrap(), crate::errno::EINVAL, "not sealed yet");
    sys::fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL).unwrap();
    memfd
}

#[allow(unsafe_code)]
fn pipe() -> (fs::File, fs::File) {
    let [read, write] = sys::pipe2(O_CLOEXEC).unwrap();
    // SAFETY: both have just been made.
    unsafe { (fs::File::from_raw_fd(read), fs::File::from_raw_fd(write)) }
}

/// A filter for which these calls are ENOSYS.
pub fn absent(calls: &[usize]) -> Vec<u8> {
    filter(calls, 0x0005_0000 | crate::errno::ENOSYS as u32)
}

/// A filter that gives `action` for these calls and allows the rest.
pub fn filter(calls: &[usize], action: u32) -> Vec<u8> {
    let instruction = |code: u16, jt: u8, jf: u8, k: u32| {
        let mut bytes = code.to_le_bytes().to_vec();
        bytes.extend([jt, jf]);
        bytes.extend(k.to_le_bytes());
        bytes
    };
    let mut bytes = instruction(0x20, 0, 0, 0);
    for call in calls {
        bytes.extend(instruction(0x15, 0, 1, *call as u32));
        bytes.extend(instruction(0x06, 0, 0, action));
    }
    bytes.extend(instruction(0x06, 0, 0, 0x7fff_0000));
    bytes
}

/// Runs in a thread that has these ids and no groups.
pub fn as_user<T: Send>(uid: u32, gid: u32, run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            sys::setgroups(&[]).unwrap();
            sys::setresgid(gid).unwrap();
            sys::setresuid(uid).unwrap();
            run()
        });
        thread.join().unwrap()
    })
}

/// Runs in a thread with a mount namespace of its own in which all is shared, as on most systems; gives what was
/// mounted there that was not before.
pub fn where_all_is_shared(run: impl FnOnce() + Send) -> Vec<String> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            sys::unshare(CLONE_NEWNS).unwrap();
            sys::mount(None, c"/", None, MS_REC | MS_PRIVATE, None).unwrap();
            sys::mount(None, c"/", None, MS_REC | MS_SHARED, None).unwrap();
            let mounts = || fs::read_to_string("/proc/thread-self/mountinfo").unwrap();
            let before = mounts();
            run();
            let new = |line: &&str| !before.lines().any(|old| old == *line);
            mounts().lines().filter(new).map(String::from).collect()
        });
        thread.join().unwrap()
    })
}

pub fn c(text: &str) -> CString {
    CString::new(text).unwrap()
}
