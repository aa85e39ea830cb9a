//! The program: how it is found, its arguments, its terminal.

use super::*;
use crate::errno::*;

fn birth(image: &Image) -> Birth {
    let mut birth = Birth::container(image);
    birth.detach();
    birth
}

#[test]
fn a_program_is_looked_for_along_path() {
    if !is_root() {
        return;
    }
    let image = Image::new("path");
    fs::create_dir_all(image.0.join("etc/first")).unwrap();
    image.write("etc/first/echo", "not executable");
    image.write("tmp/script", "no magic number");
    fs::set_permissions(image.0.join("tmp/script"), fs::Permissions::from_mode(0o755)).unwrap();
    let run = |args: &[&str], env: &[&str]| {
        let mut birth = birth(&image);
        birth.exec(args, env);
        birth.run()
    };
    assert_eq!(run(&["echo", "a", "", "b c"], &["PATH=/none:/etc/first:/bin"]).printed(), "a  b c");
    assert_eq!(run(&["echo", "x"], &[]).printed(), "x");
    assert_eq!(run(&["/bin/echo", "x"], &["PATH="]).printed(), "x");
    let mut relative = birth(&image);
    relative.child(Op::Chdir).text("/bin");
    relative.exec(&["echo", "here"], &["PATH=/none:"]);
    assert_eq!(relative.run().printed(), "here");
    for (program, path, errno) in [
        ("none", "PATH=/bin", ENOENT),
        ("echo", "PATH=/etc/first", EACCES),
        ("/none", "PATH=/bin", ENOENT),
        ("", "PATH=/bin", ENOENT),
        ("script", "PATH=/tmp:/bin", ENOEXEC),
        ("echo", "PATH=/none", ENOENT),
        ("/etc", "PATH=/bin", EACCES),
        ("/bin/echo/x", "", ENOTDIR),
    ] {
        let outcome = run(&[program], &[path]);
        assert_eq!(outcome.error(), errno, "{program} {path}");
        assert_eq!(outcome.failed.unwrap().2, crate::number::EXECVE as i64);
    }
    assert_eq!(run(&[], &[]).error(), EINVAL);
}

#[test]
fn the_environment_is_the_plans_and_home_is_added() {
    if !is_root() {
        return;
    }
    let image = Image::new("env");
    image.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:1001:101::/home/ann:\n");
    let run = |uid: u32, env: &[&str]| {
        let mut birth = birth(&image);
        birth.credentials(uid, 0, &[]);
        birth.exec(&["/bin/env"], env);
        birth.run().printed().to_string()
    };
    assert_eq!(run(0, &["A=1", "B=x y"]), "A=1\nB=x y\nHOME=/root");
    assert_eq!(run(1001, &[]), "HOME=/home/ann");
    assert_eq!(run(1002, &["Z="]), "Z=\nHOME=/");
    assert_eq!(run(0, &["HOME=/own", "B=2"]), "HOME=/own\nB=2");
    // A file that its user may not read is still read.
    fs::set_permissions(image.0.join("etc/passwd"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(run(1001, &[]), "HOME=/home/ann");
}

#[test]
fn arguments_up_to_what_the_kernel_takes() {
    if !is_root() {
        return;
    }
    let image = Image::new("big");
    let long = "x".repeat(100_000);
    let run = |count: usize| {
        let mut birth = birth(&image);
        let mut args = vec!["/bin/sh", "-c", "echo ${#1} $#", "sh"];
        args.resize(args.len() + count, &long);
        birth.exec(&args, &[]);
        birth.run()
    };
    assert_eq!(run(18).printed(), "100000 18");
    assert_eq!(run(80).error(), E2BIG);
}

#[test]
fn a_terminal_of_its_own() {
    if !is_root() {
        return;
    }
    let image = Image::new("tty");
    let mut birth = Birth::container(&image);
    birth.mount("tmpfs", "/dev", MS_NOSUID, &["mode=755"]);
    birth.child(Op::Mknod).text("/dev/tty").int(S_IFCHR as i64).int(5).int(0).int(0o666).int(0).int(0);
    birth.mkdirs("/dev/pts");
    birth.mount("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, &["newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]);
    birth.detach();
    birth.child(Op::Setsid);
    birth.child(Op::Console).int(101).int(37).int(1).result(slot::PTY as u16);
    birth.credentials(1000, 1000, &[]);
    birth.typed = "typed\n".into();
    let script = "tty; stty size; stat -c '%u %g %a' /dev/pts/0; stat -c '%t %T' /dev/console; read x; echo got $x; \
        echo c > /dev/console; echo t > /dev/tty; ls /proc/self/fd | tr '\\n' ' '";
    let outcome = birth.sh(script);
    assert_eq!((outcome.failed, outcome.end), (None, (1, 0)));
    // The echo of what is typed comes whenever it was typed.
    let text = outcome.terminal.replace("\r\n", "\n").replacen("typed\n", "", 1);
    for wanted in ["/dev/pts/0\n", "37 101\n1000 5 620\n88 0\n", "got typed\n", "c\nt\n0 1 2 3 "] {
        assert!(text.contains(wanted), "{wanted:?} in {text:?}");
    }
}

#[test]
fn a_terminal_is_never_another_file_of_the_image() {
    if !is_root() {
        return;
    }
    let image = Image::new("fakepts");
    fs::create_dir_all(image.0.join("run/pts")).unwrap();
    let run = |prepare: &dyn Fn(&mut Birth)| {
        let mut birth = Birth::container(&image);
        prepare(&mut birth);
        birth.detach();
        birth.child(Op::Setsid);
        birth.child(Op::Console).int(80).int(24).int(1).result(slot::PTY as u16);
        birth.sh("true").error()
    };
    assert_eq!(run(&|birth| birth.mkdirs("/dev/pts")), ENODEV);
    let devpts = |birth: &mut Birth, target: &str| birth.mount("devpts", target, 0, &["newinstance", "ptmxmode=0666"]);
    assert_eq!(
        run(&|birth| {
            birth.mkdirs("/dev/pts");
            devpts(birth, "/dev/pts");
            birth.mkdirs("/etc/x");
            birth.child(Op::Symlink).text("/etc/x").text("/dev/console");
        }),
        EEXIST
    );
    fs::remove_dir(image.0.join("dev/pts")).unwrap();
    image.link("/run/pts", "dev/pts");
    assert_eq!(run(&|birth| devpts(birth, "/run/pts")), ENOTDIR);
}

#[test]
fn an_init_reaps_passes_signals_on_and_ends_as_its_child() {
    if !is_root() {
        return;
    }
    let image = Image::new("init");
    let run = |script: &str, prepare: &dyn Fn(&mut Birth)| {
        let mut birth = birth(&image);
        birth.child(Op::Mknod).text("/dev/null").int(S_IFCHR as i64).int(1).int(3).int(0o666).int(0).int(0);
        prepare(&mut birth);
        birth.child(Op::Park);
        birth.child(Op::Init);
        birth.sh(script)
    };
    let plain = |_: &mut Birth| ();
    let orphans = "echo $$; for i in 1 2 3; do sh -c 'sleep 0.05 & exit'; done; sleep 0.3; ps -o stat,comm | grep -c Z";
    let outcome = run(orphans, &plain);
    assert_eq!((outcome.output.as_str(), outcome.end), ("2\n0\n", (1, 1)));
    assert_eq!(run("exit 7", &plain).end, (1, 7));
    assert_eq!(run("kill -9 $$", &plain).end, (1, 137));
    // To PID 1, which has no handler of its own; a user's process gets it.
    assert_eq!(run("trap 'echo got; exit 3' TERM; kill -TERM 1; sleep 1", &plain).output, "got\n");
    let other = |birth: &mut Birth| birth.credentials(1000, 1000, &[]);
    let script = "cat /proc/1/comm; ls -l /proc/1/exe /proc/1/fd 2>&1 | grep -c denied; \
        grep -E 'Sig(Blk|Ign)' /proc/self/status; true";
    let outcome = run(script, &other);
    assert_eq!(outcome.printed(), "init\n2\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000");
    let mut missing = birth(&image);
    missing.child(Op::Park);
    missing.child(Op::Init);
    missing.exec(&["/none"], &[]);
    assert_eq!(missing.run().error(), ENOENT);
}

/// A child of the pool, and the end of its channel.
fn pooled(prefix: Encoder) -> (Fd, sys::Cloned) {
    let pool = map(&prefix.finish(1, SLOTS));
    let slots = sys::table::<Fd>(SLOTS as usize).unwrap();
    slots.fill(-1);
    slots[slot::PROC] = sys::openat(AT_FDCWD, c"/proc", O_PATH | O_CLOEXEC, 0).unwrap();
    let [mine, theirs] = sys::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC).unwrap();
    let cloned = sys::clone3(CONTAINER, SIGCHLD, -1).unwrap();
    if cloned.pid == 0 {
        let from = pool.clone_step().unwrap() + 1;
        step::run_pooled(pool, Child::new(slots, theirs), from);
    }
    sys::close(theirs);
    sys::close(slots[slot::PROC]);
    channel::expect(mine, channel::READY).unwrap();
    (mine, cloned)
}

/// Gives it its plan; what it prints, and what else it tells.
fn hand_over((mine, cloned): (Fd, sys::Cloned), birth: Birth, mut slots: Vec<Fd>, from: u32) -> (String, usize) {
    let (mut output, sink) = pipe();
    slots[slot::STDIO + 1] = sink.as_raw_fd();
    slots[slot::STDIO + 2] = sink.as_raw_fd();
    let memfd = memfd(&birth.plan.finish(1, slots.len() as u32));
    channel::send_plan(mine, memfd, &slots, &[], from).unwrap();
    drop(sink);
    let mut text = String::new();
    output.read_to_string(&mut text).unwrap();
    let mut rest = [0; 32];
    let length = sys::read(mine, &mut rest).unwrap();
    if length != 0 {
        text += &format!("{:?}", Message::decode(&rest));
    }
    sys::waitid(P_PIDFD, cloned.pidfd, WEXITED).unwrap();
    [mine, memfd, cloned.pidfd, slots[slot::PROC], slots[slot::STDIO]].into_iter().for_each(sys::close);
    (text.trim_end().into(), length)
}

#[test]
fn a_child_of_the_pool_goes_on_with_its_own_plan() {
    if !is_root() {
        return;
    }
    let image = Image::new("pool");
    let mut prefix = Encoder::new();
    prefix.runtime(Op::Clone).int(CONTAINER as i64).int(0).ints(&[]);
    prefix.child(Op::CloseFds);
    prefix.child(Op::Mount).text("").text("/").text("").int((MS_REC | MS_PRIVATE) as i64).texts(&[]);
    prefix.child(Op::Loopback);
    let child = pooled(prefix);
    let mut birth = Birth::container(&image);
    birth.detach();
    let script = "echo $$; ls /proc/self/fd | tr '\\n' ' '; ifconfig lo | grep -c UP";
    birth.exec(&["sh", "-c", script], &["PATH=/bin"]);
    let mut slots = birth.slots.clone();
    // More than go into one message.
    slots.extend([slots[slot::PROC]; 300]);
    // Without `clone` and `close_fds`, which are made.
    assert_eq!(hand_over(child, birth, slots, 2), ("1\n0 1 2 3 1".into(), 0));
}

/// What does not depend on the image is made ahead, on a root of its own, and moved into the container's.
#[test]
fn a_child_of_the_pool_brings_its_mounts_along() {
    if !is_root() {
        return;
    }
    let image = Image::new("nest");
    image.link("/bin/../run/elsewhere", "etc/proc");
    let private = (MS_REC | MS_PRIVATE) as i64;
    // The same steps in both plans, with other slots.
    let ahead = |plan: &mut Encoder, nest: u16| {
        plan.child(Op::CloseFds);
        plan.child(Op::Fsmount).text("tmpfs").text("nest").texts(&["mode=755"]).int(0).result(nest);
        plan.child(Op::Mount).text("").text("/").text("").int(private).texts(&[]);
        plan.child(Op::MoveMount).int(nest as i64).text("/");
        plan.child(Op::Chdir).text("/");
        plan.child(Op::PivotRoot);
        plan.child(Op::Mkdirs).text("/proc").int(0o755).int(0);
        plan.child(Op::Mount).text("proc").text("/proc").text("proc").int(MS_NOSUID as i64).texts(&[]);
        plan.child(Op::Mkdirs).text("/dev").int(0o755).int(0);
        plan.child(Op::Mount).text("dev").text("/dev").text("tmpfs").int(0).texts(&["mode=755"]);
        plan.child(Op::Mknod).text("/dev/null").int(S_IFCHR as i64).int(1).int(3).int(0o666).int(0).int(0);
        plan.child(Op::Readonly).text("/proc/sys");
        plan.child(Op::Mkdirs).text("/root").int(0o755).int(0);
        plan.child(Op::Umount).text(".").int(MNT_DETACH as i64);
        plan.child(Op::Chdir).text("/");
        plan.child(Op::OpenTree).text("/proc").int(0).result(nest + 1);
        plan.child(Op::OpenTree).text("/dev").int(0).result(nest + 2);
    };
    let mut prefix = Encoder::new();
    prefix.runtime(Op::Clone).int(CONTAINER as i64).int(0).ints(&[]);
    ahead(&mut prefix, 8);
    let child = pooled(prefix);
    let mut birth = Birth::new(CONTAINER);
    birth.plan = Encoder::new();
    birth.plan.runtime(Op::OpenTree).text(image.path()).int(0).result(ROOT);
    birth.plan.runtime(Op::Clone).int(CONTAINER as i64).int(0).ints(&[]);
    ahead(&mut birth.plan, 10);
    let from = birth.plan.next_index();
    birth.child(Op::MoveMount).int(ROOT as i64).text("/root");
    birth.child(Op::Mount).text("").text("/root").text("").int(private).texts(&[]);
    birth.child(Op::Chdir).text("/root");
    birth.child(Op::PivotRoot);
    birth.mkdirs("/etc/proc");
    birth.child(Op::MoveMount).int(11).text("/etc/proc");
    birth.mkdirs("/dev");
    birth.child(Op::MoveMount).int(12).text("/dev");
    birth.detach();
    let script = "cd /run/elsewhere; echo $$; ls self/fd | tr '\\n' ' '; \
        (echo x > sys/kernel/hostname) 2>/dev/null || echo ro; \
        cut -d' ' -f5 self/mountinfo | sort | tr '\\n' ' '; ls -x /dev; ls /";
    birth.exec(&["sh", "-c", script], &["PATH=/bin"]);
    let mut slots = birth.slots.clone();
    let flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE as u32;
    slots[ROOT as usize] = sys::open_tree(AT_FDCWD, &c(image.path()), flags).unwrap();
    let tree = slots[ROOT as usize];
    let (text, _) = hand_over(child, birth, slots, from);
    sys::close(tree);
    let wanted = "1\n0 1 2 3 ro\n/ /dev /run/elsewhere /run/elsewhere/sys null\nbin\ndev\netc\nproc\nrun\nsys\ntmp";
    assert_eq!(text, wanted);
}
