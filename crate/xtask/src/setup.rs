//! Installs what is missing, by ordinary means, and says so.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// Adds a compilation target unless the compiler has its library already.
pub(crate) fn rust_target(target: &str) -> Result<()> {
    let mut rustc = Command::new("rustc");
    let output = rustc
        .args(["--print", "target-libdir", "--target", target])
        .output();
    let output = output.context("rustc")?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && libraries.is_dir() {
        return Ok(());
    }
    let mut rustup = shell::in_root("rustup");
    shell::run(rustup.args(["target", "add", target]))
        .with_context(|| format!("rustup is needed to add the target {target}"))
}

/// Adds a component of the toolchain (a cargo subcommand) unless it works.
pub(crate) fn rust_component(component: &str, subcommand: &str) -> Result<()> {
    let mut probe = shell::cargo();
    let probe = probe.args([subcommand, "--version"]).output();
    if probe.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    let mut rustup = shell::in_root("rustup");
    shell::run(rustup.args(["component", "add", component]))
        .with_context(|| format!("rustup is needed to add {component}"))
}

/// The packages of the browser tests, exactly as their lock file says.
pub(crate) fn node_packages() -> Result<()> {
    let folder = shell::root().join("tests/browser");
    let stamp = folder.join("node_modules/.package-lock.json");
    let modified = |path: PathBuf| path.metadata().and_then(|data| data.modified());
    let lock = modified(folder.join("package-lock.json"))?;
    if modified(stamp).is_ok_and(|installed| installed >= lock) {
        return Ok(());
    }
    let mut npm = shell::in_root("npm");
    shell::run(
        npm.args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder),
    )
}

/// A browser the tests are run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Browser {
    Chromium,
    Firefox,
}

impl Browser {
    /// What the harness calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// The variable that names the program.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Chromium => "CHROMIUM",
            Self::Firefox => "FIREFOX",
        }
    }

    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &[
                "chromium",
                "chromium-browser",
                "google-chrome",
                "google-chrome-stable",
                "/Applications/Chromium.app/Contents/MacOS/Chromium",
                "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            ],
            Self::Firefox => &[
                "firefox",
                "firefox-esr",
                "/Applications/Firefox.app/Contents/MacOS/firefox",
            ],
        }
    }

    fn debian_package(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox-esr",
        }
    }

    /// The program, installed by apt-get where that is possible.
    pub(crate) fn program(self) -> Result<PathBuf> {
        if let Some(program) = std::env::var_os(self.variable()) {
            return Ok(program.into());
        }
        if let Some(program) = self.find() {
            return Ok(program);
        }
        self.install()?;
        self.find().with_context(|| self.missing())
    }

    fn find(self) -> Option<PathBuf> {
        self.programs().iter().find_map(|name| on_path(name))
    }

    fn install(self) -> Result<()> {
        // A browser without any font draws no text.
        let packages = [self.debian_package(), "fonts-dejavu-core"];
        apt_install(&packages).with_context(|| self.missing())
    }

    fn missing(self) -> String {
        let (name, variable) = (self.name(), self.variable());
        format!("no {name} here: install one, or set {variable} to the path of its program")
    }
}

/// A Vulkan driver for the tests of the GPU part, a software one where there is no card; whether one
/// must be there. Elsewhere than on Linux these tests run on what there is and say so.
pub(crate) fn vulkan_driver() -> Result<bool> {
    if !cfg!(target_os = "linux") {
        return Ok(false);
    }
    let is_chosen = std::env::var_os("VK_DRIVER_FILES").is_some();
    if !is_chosen && !has_vulkan_driver() {
        // The loader, and Mesa's drivers, of which one computes on the CPU.
        apt_install(&["libvulkan1", "mesa-vulkan-drivers"]).context(NO_VULKAN)?;
    }
    Ok(true)
}

const NO_VULKAN: &str =
    "no Vulkan driver here: install one, or set VK_DRIVER_FILES to its JSON file";

/// A driver that works on every machine, or NVIDIA's: those of other cards come with the first.
fn has_vulkan_driver() -> bool {
    let loader = Command::new("/sbin/ldconfig").arg("-p").output();
    let has_loader = loader
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("libvulkan.so.1"));
    let folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    let drivers = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok());
    let mut names = drivers.flatten().flatten().map(|entry| entry.file_name());
    let works = |name: &str| name.starts_with("lvp") || name.starts_with("nvidia");
    has_loader && names.any(|name| works(&name.to_string_lossy()))
}

/// The program of that name in PATH; a name with a slash is a path already.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
    candidates.into_iter().find(|candidate| candidate.is_file())
}

/// Installs Debian packages, where there is apt-get and the right to use it.
fn apt_install(packages: &[&str]) -> Result<()> {
    if !shell::works("apt-get", "--version") {
        bail!("there is no apt-get to install {}", packages.join(", "));
    }
    let apt = || {
        let mut apt = shell::in_root("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    shell::run(apt().args(["update", "--quiet"]))?;
    let options = ["install", "--quiet", "--yes", "--no-install-recommends"];
    shell::run(apt().args(options).args(packages))
}

/// Where the oracle has its Python and its large checkpoints.
pub(crate) fn oracle_folder() -> PathBuf {
    shell::target_dir().join("oracle")
}

/// A Python with the packages of the oracle scripts.
pub(crate) fn oracle_python() -> Result<PathBuf> {
    let folder = oracle_folder().join("venv");
    let python = folder.join("bin/python3");
    if !folder.join("bin/pip").is_file() {
        let venv = || shell::run(shell::in_root("python3").args(["-m", "venv"]).arg(&folder));
        // Debian's Python comes without the part of `venv` that brings pip.
        venv().or_else(|_| apt_install(&["python3-venv"]).and_then(|()| venv()))?;
    }
    let mut pip = shell::in_root(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    shell::run(pip.args(["--requirement", "tests/oracle/requirements.txt"]))?;
    Ok(python)
}

#[cfg(test)]
mod tests {
    /// `cargo xtask test` sets the variable when it has seen to a driver.
    #[test]
    fn a_driver_that_was_seen_to_is_found() {
        let is_set = |name| std::env::var_os(name).is_some();
        if is_set("FLOATSCOPE_GPU_REQUIRED") && !is_set("VK_DRIVER_FILES") {
            assert!(super::has_vulkan_driver());
        }
    }
}
