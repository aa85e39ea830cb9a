//! Builds the helper, whose bytes the library carries, and says how the library is linked.

use std::env::var;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let root = PathBuf::from(var("CARGO_MANIFEST_DIR").unwrap()).join("..");
    for path in
        ["helper/src", "helper/Cargo.toml", "helper/build.rs", "helper/discard.ld", "Cargo.toml", "library/build.rs"]
    {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    // No libc and none of its start files: the library must load beside any of them.
    for argument in [
        "-nostartfiles",
        "-nostdlib",
        "-Wl,--build-id=none",
        "-Wl,-z,noexecstack",
        "-Wl,-z,defs",
        "-Wl,-z,relro,-z,now",
    ] {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
    // One that is built already: for a CPU whose linker is not here the library can at least be checked.
    println!("cargo::rerun-if-env-changed=TWINBOX_HELPER");
    let helper = var("TWINBOX_HELPER").map_or_else(|_| build(&root), PathBuf::from);
    let bytes = std::fs::read(&helper).unwrap();
    println!("cargo::rustc-env=HELPER={}", helper.display());
    println!("cargo::rustc-env=HELPER_HASH={}", fnv64(&bytes));
}

/// A program of its own needs a cargo of its own: an artifact dependency would be this, but is not stable. Always
/// optimised: it is what is measured, and a plain build would not fit its stack.
fn build(root: &Path) -> PathBuf {
    let target = var("TARGET").unwrap();
    let directory = PathBuf::from(var("OUT_DIR").unwrap()).join("helper");
    let status = Command::new(var("CARGO").unwrap())
        .args([
            "build",
            "--release",
            "--locked",
            "--offline",
            "--package",
            "helper",
            "--features",
            "program",
            "--bin",
            "helper",
        ])
        .arg("--manifest-path")
        .arg(root.join("Cargo.toml"))
        .args(["--target", &target, "--target-dir"])
        .arg(&directory)
        // Set by clippy and check, which would leave no program behind.
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .unwrap();
    assert!(status.success(), "the helper does not build");
    directory.join(target).join("release/helper")
}

/// FNV-1a: tells one build from another, no more.
fn fnv64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ *byte as u64).wrapping_mul(0x100_0000_01b3))
}
