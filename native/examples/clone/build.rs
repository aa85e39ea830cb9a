//! How the program is linked: static, at a fixed address, with an entry point of its own and nothing of a libc.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../helper/discard.ld");
    let script = format!("-Wl,-T,{}/../../helper/discard.ld", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let arguments = [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,--build-id=none",
        "-Wl,-z,noexecstack",
        "-Wl,-z,norelro",
        "-Wl,--no-eh-frame-hdr",
        &script,
    ];
    for argument in arguments {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
