//! `cargo xtask pack`: the .deb and .rpm; `--check` proves the .deb on this machine and leaves it as it was.

use crate::setup::{For, build_interface, setup};
use crate::shell::{Done, command, output, root, run, target};
use std::path::{Path, PathBuf};

pub fn pack(arguments: &[&str]) -> Done {
    match arguments {
        [] => {
            setup(For::Pack)?;
            for file in bundle(false, "deb,rpm")? {
                println!("{}", file.display());
            }
            Ok(())
        }
        ["--check"] => check(false),
        _ => Err("pack takes nothing, or --check".into()),
    }
}

/// Builds the package, installs it with dpkg, lets it gather from a rehearsal, and removes it.
pub fn check(dev: bool) -> Done {
    setup(For::Pack)?;
    let files = bundle(dev, "deb")?;
    let package = files.first().ok_or("no .deb was made")?;
    let name = output(command("dpkg-deb").args(["-f"]).arg(package).arg("Package"))?;
    look_inside(package)?;
    if output(command("dpkg-query").args(["-W", "-f=${Status}", &name])).is_ok_and(|said| said.ends_with("installed")) {
        return Err(format!("{name} is installed here already: remove it first, so that nothing of yours is lost"));
    }
    as_root(&["dpkg", "-i", &package.to_string_lossy()])?;
    let gathered = crate::run::watch(Path::new("/usr/bin/guichet"), &target().join("packaged.png"));
    let removed = as_root(&["dpkg", "--purge", &name]);
    gathered.and(removed)?;
    if Path::new("/usr/bin/guichet").exists() {
        return Err("the package was removed and left its program behind".into());
    }
    println!("{name}: installed, gathered from the rehearsal, answered, removed");
    Ok(())
}

/// The desktop entry is valid and named in both languages; the icons are there.
fn look_inside(package: &Path) -> Done {
    let folder = target().join("package");
    let _ = std::fs::remove_dir_all(&folder);
    run(command("dpkg-deb").arg("-x").arg(package).arg(&folder))?;
    let entries = folder.join("usr/share/applications");
    let entry = std::fs::read_dir(&entries)
        .map_err(|e| format!("no desktop entry: {e}"))?
        .filter_map(|found| found.ok().map(|found| found.path()))
        .find(|path| path.extension().is_some_and(|end| end == "desktop"))
        .ok_or("no desktop entry")?;
    run(command("desktop-file-validate").arg(&entry))?;
    let text = std::fs::read_to_string(&entry).map_err(|e| e.to_string())?;
    for wanted in ["Name=", "Comment=", "Comment[fr]=", "GenericName[fr]="] {
        if !text.lines().any(|line| line.starts_with(wanted)) {
            return Err(format!("the desktop entry has no {wanted}"));
        }
    }
    if !folder.join("usr/share/icons/hicolor/128x128/apps").exists() {
        return Err("the package has no icon of 128 pixels".into());
    }
    Ok(())
}

fn bundle(dev: bool, kinds: &str) -> Done<Vec<PathBuf>> {
    let bundler = root().join("ui/node_modules/.bin/tauri");
    let mut line = command(&bundler.to_string_lossy());
    line.args(["bundle", "--ci", "--bundles", kinds]);
    if dev {
        // The binary that the tests have just used, as it is.
        line.arg("--debug");
    } else {
        build_interface()?;
        run(crate::shell::cargo().args(["build", "--release", "-p", "guichet"]))?;
    }
    run(line.current_dir(root().join("src-tauri")))?;
    let folder = target().join(if dev { "debug" } else { "release" }).join("bundle");
    let mut files = Vec::new();
    for kind in kinds.split(',') {
        let made = std::fs::read_dir(folder.join(kind)).map_err(|e| format!("no {kind} was made: {e}"))?;
        files.extend(
            made.filter_map(|found| found.ok().map(|f| f.path()))
                .filter(|p| p.extension().is_some_and(|end| end == kind)),
        );
    }
    Ok(files)
}

fn as_root(words: &[&str]) -> Done {
    if output(command("id").arg("-u"))? == "0" {
        run(command(words[0]).args(&words[1..]))
    } else {
        run(command("sudo").args(words))
    }
}
