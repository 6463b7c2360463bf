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
        if !shell::works("apt-get", "--version") {
            bail!(self.missing());
        }
        let apt = || shell::in_root("apt-get");
        shell::run(apt().args(["update", "--quiet"])).with_context(|| self.missing())?;
        let options = ["install", "--quiet", "--yes", "--no-install-recommends"];
        let packages = [self.debian_package(), "fonts-dejavu-core"];
        let mut install = apt();
        install.args(options).args(packages);
        shell::run(install.env("DEBIAN_FRONTEND", "noninteractive")).with_context(|| self.missing())
    }

    fn missing(self) -> String {
        let (name, variable) = (self.name(), self.variable());
        format!("no {name} here: install one, or set {variable} to the path of its program")
    }
}

/// The program of that name in PATH; a name with a slash is a path already.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
    candidates.into_iter().find(|candidate| candidate.is_file())
}

/// A Python with the packages of the oracle scripts, in `target/oracle`.
pub(crate) fn oracle_python(requirements: &std::path::Path) -> Result<PathBuf> {
    let folder = shell::target_dir().join("oracle");
    let python = folder.join("venv/bin/python3");
    if !python.is_file() {
        let mut venv = shell::in_root("python3");
        shell::run(venv.args(["-m", "venv"]).arg(folder.join("venv")))
            .context("Python with its venv module is needed (Debian: python3-venv)")?;
    }
    let mut pip = shell::in_root(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    shell::run(pip.arg("--requirement").arg(requirements))?;
    Ok(python)
}
