//! What must be on the machine: system packages through apt, the interface's packages through npm.
//!
//! On a system without apt the packages are named and nothing is touched.

use crate::shell::{Done, command, exists, output, root, run, target};
use std::time::SystemTime;

/// To compile and link the app.
const BUILD: &[&str] = &["build-essential", "pkg-config", "file", "perl", "libwebkit2gtk-4.1-dev"];
/// To show it: emoji, and the dictionaries that spell-checking reads.
const SHOW: &[&str] = &["fonts-noto-color-emoji", "hunspell-fr", "hunspell-en-us"];
/// To show it where there is no screen, and take its picture.
const SCREENLESS: &[&str] = &["xvfb", "xauth", "x11-utils", "dbus", "imagemagick"];
/// To drive the real window and the real servers.
const TEST: &[&str] = &[
    "webkit2gtk-driver",
    "gnome-keyring",
    "dbus-daemon",
    "xdotool",
    "x11-xkb-utils",
    "python3-venv",
    "ca-certificates",
    "desktop-file-utils",
];
/// To bundle the rpm and look into packages.
const PACK: &[&str] = &["rpm", "desktop-file-utils"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    Run,
    Test,
    Pack,
    Bench,
}

pub fn setup(purpose: For) -> Done {
    let mut wanted: Vec<&str> = [BUILD, SHOW].concat();
    if purpose != For::Run || !has_screen() {
        wanted.extend(SCREENLESS);
    }
    if matches!(purpose, For::Test | For::Bench) {
        wanted.extend(TEST);
    }
    if purpose == For::Pack {
        wanted.extend(PACK);
    }
    system_packages(&wanted)?;
    node()?;
    interface()
}

pub fn has_screen() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn system_packages(wanted: &[&str]) -> Done {
    if cfg!(not(target_os = "linux")) {
        return Ok(());
    }
    if !exists("apt-get") {
        println!("These packages are needed, under the names your system gives them: {}", wanted.join(" "));
        return Err(
            "not a Debian or Ubuntu: install them, then remove this step's objection with your own package manager"
                .into(),
        );
    }
    let missing: Vec<&str> = wanted.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("Installing with apt: {}", missing.join(" "));
    let as_root = output(command("id").arg("-u")).is_ok_and(|id| id == "0");
    let apt = |words: &[&str]| {
        let mut line = if as_root { command("apt-get") } else { command("sudo") };
        if !as_root {
            line.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        line.env("DEBIAN_FRONTEND", "noninteractive").args(words);
        run(line.stdin(std::process::Stdio::null()))
    };
    apt(&["update", "-q"])?;
    apt(&[&["install", "-y", "-q", "--no-install-recommends"], missing.as_slice()].concat())
}

fn installed(package: &str) -> bool {
    output(command("dpkg-query").args(["-W", "-f=${Status}", package]))
        .is_ok_and(|said| said.ends_with("install ok installed"))
}

fn node() -> Done {
    let version =
        output(command("node").arg("--version")).map_err(|_| "Node 20 or newer is needed (https://nodejs.org)")?;
    let major: u32 = version.trim_start_matches('v').split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    if major < 20 { Err(format!("Node 20 or newer is needed; this is {version}")) } else { Ok(()) }
}

/// The interface's packages, installed again only when their lock file changed.
fn interface() -> Done {
    let ui = root().join("ui");
    let stamp = ui.join("node_modules/.package-lock.json");
    let age = |path: &std::path::Path| path.metadata().and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    if !stamp.exists() || age(&stamp) < age(&ui.join("package-lock.json")) {
        println!("Installing the interface's packages with npm");
        run(command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&ui))?;
    }
    Ok(())
}

/// Builds the interface into `ui/dist`, which the app embeds.
pub fn build_interface() -> Done {
    run(command("npm").args(["run", "--silent", "build"]).current_dir(root().join("ui")))
}

/// The app of the dev profile, interface inside.
pub fn build_app() -> Done<std::path::PathBuf> {
    build_interface()?;
    run(crate::shell::cargo().args(["build", "-p", "guichet"]))?;
    Ok(target().join("debug/guichet"))
}
