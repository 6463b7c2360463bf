//! `cargo xtask build`: the page and its wasm into `dist/`.

use crate::bundle::{self, Bundle};
use crate::options::Options;
use crate::{embed, headers, icon, offline, setup, shell, single_file, strip, wasm};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

/// The instructions the wasm may use beyond the baseline. Every browser that
/// can run the page has them.
pub(crate) const SIMD_FLAGS: &str = "-C target-feature=+simd128";

/// What the page's wasm is built for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// `build [--out DIR]`.
///
/// Trunk calls this as a hook and says in a variable where it wants the files.
pub(crate) fn command(mut options: Options) -> Result<()> {
    let out = options.take_value("--out")?.map(PathBuf::from);
    options.finish()?;
    let staging = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from);
    build(&out.or(staging).unwrap_or_else(dist))
}

/// Where the built page lies.
pub(crate) fn dist() -> PathBuf {
    shell::root().join("dist")
}

/// Builds the page into `out`; files of an earlier build are removed first.
pub(crate) fn build(out: &Path) -> Result<()> {
    let modules = MODULES
        .iter()
        .map(|module| Ok((module, compile(module)?)))
        .collect::<Result<Vec<_>>>()?;
    clear(out)?;
    let www = shell::root().join("www");
    let page = Bundle::of(&www, bundle::PAGE, &[])?;
    let (element, element_script) = embed::script(&www)?;
    let is_apart = |path: &Path| {
        let is_in = |modules: &[String]| modules.iter().any(|module| path == www.join(module));
        let is_module = is_in(&page.modules)
            || is_in(&element)
            || is_in(&single_file::PARTS.map(str::to_owned));
        !is_module && path != www.join(embed::STYLE) && !path.to_string_lossy().ends_with(".d.ts")
    };
    copy_folder(&www, out, &is_apart)?;
    fs::write(out.join(bundle::PAGE), page.script())?;
    fs::write(out.join(embed::SCRIPT), element_script)?;
    for document in &headers::DOCUMENTS {
        let html = fs::read_to_string(www.join(document.source))?;
        fs::write(out.join(document.file), document.of_page(&html))?;
    }
    fs::write(out.join("_headers"), headers::headers_file())?;
    for (module, built) in modules {
        let bound = bind_for_page(&built, module, &out.join("engine"))?;
        let found = [
            wasm::file_has_simd(&bound)?,
            wasm::file_has_relaxed_simd(&bound)?,
        ];
        ensure!(
            found == [true, module.is_relaxed()],
            "{}: SIMD instructions, and relaxed ones: {found:?}",
            bound.display()
        );
    }
    join_worker(out)?;
    icon::write(out)?;
    offline::list(out)?;
    println!("built {}", out.display());
    Ok(())
}

/// A wasm module.
struct Module {
    /// Of its files.
    name: &'static str,
    /// Of the web crate.
    features: &'static str,
    /// What a worker calls it by.
    global: &'static str,
    /// How it is optimised: for size or for speed.
    profile: &'static str,
}

/// What the name of a module for browsers that know relaxed SIMD ends in. It differs from the one
/// without in its instructions alone.
const RELAXED: &str = "_relaxed";

impl Module {
    fn is_relaxed(&self) -> bool {
        self.name.ends_with(RELAXED)
    }

    /// The name of its glue, which it shares with its twin where it has one.
    fn glue(&self) -> &'static str {
        self.name.trim_end_matches(RELAXED)
    }
}

const MODULES: [Module; 6] = [
    Module {
        name: "scan",
        features: "scan",
        global: "wasm_bindgen",
        profile: "wasm",
    },
    Module {
        name: "compare",
        features: "compare",
        global: "compare_bindgen",
        profile: "wasm-fast",
    },
    Module {
        name: "lab",
        features: "lab",
        global: "lab_bindgen",
        profile: "wasm-fast",
    },
    Module {
        name: "lab_relaxed",
        features: "relaxed",
        global: "lab_bindgen",
        profile: "wasm-fast",
    },
    Module {
        name: "lab_gpu",
        features: "lab,gpu",
        global: "lab_gpu_bindgen",
        profile: "wasm-fast",
    },
    Module {
        name: "tokenizer",
        features: "tokenizer",
        global: "tokenizer_bindgen",
        profile: "wasm",
    },
];

/// Compiles the web crate for one of the modules; its folder is its own, so that builds with other
/// flags don't undo each other's work.
fn compile(module: &Module) -> Result<PathBuf> {
    let features = ["--no-default-features", "--features", module.features];
    let built = compile_package("floatscope-web", module.profile, &features)?;
    // The next module of this profile is built in the same place.
    let kept = wasm_folder().join(format!("{}.wasm", module.name));
    fs::copy(built, &kept)?;
    Ok(kept)
}

/// Compiles the module that scans.
pub(crate) fn compile_scan() -> Result<PathBuf> {
    compile(&MODULES[0])
}

fn wasm_folder() -> PathBuf {
    shell::target_dir().join("wasm")
}

/// Compiles a package of the workspace for the browser and says where its wasm is.
fn compile_package(package: &str, profile: &str, features: &[&str]) -> Result<PathBuf> {
    setup::rust_target(TARGET)?;
    let mut cargo = shell::cargo();
    cargo.args(["build", "--package", package, "--profile", profile]);
    cargo.args(features).args(["--target", TARGET]);
    cargo.arg("--target-dir").arg(wasm_folder());
    shell::run(cargo.env("RUSTFLAGS", flags()))?;
    let name = format!("{}.wasm", package.replace('-', "_"));
    Ok(wasm_folder().join(TARGET).join(profile).join(name))
}

/// Builds what unpacks the page as one file: its glue and its wasm.
pub(crate) fn unpacker() -> Result<(String, Vec<u8>)> {
    let built = compile_package("floatscope-unpack", "wasm", &[])?;
    let module = Module {
        name: "unpack",
        features: "",
        global: "unpack_bindgen",
        profile: "wasm",
    };
    let out = wasm_folder().join(module.name);
    let wasm = fs::read(bind(&built, &module, &out)?)?;
    Ok((fs::read_to_string(out.join("unpack.js"))?, wasm))
}

/// The compiler's flags. Panic messages name source files: rustup says where
/// they are, and without that path the page names nobody's home.
fn flags() -> String {
    match std::env::var("CARGO_HOME") {
        Ok(home) if !home.contains(' ') => {
            format!("{SIMD_FLAGS} --remap-path-prefix={home}=cargo")
        }
        _ => SIMD_FLAGS.into(),
    }
}

/// Writes the module's glue, its types and its wasm (`scan.js`, `scan.d.ts`, `scan_bg.wasm`) and
/// returns the last.
///
/// Without ES modules: workers are classic scripts, the only kind that starts
/// from a local file.
fn bind(built: &Path, module: &Module, out: &Path) -> Result<PathBuf> {
    let name = module.glue();
    binding(built, name)
        .no_modules(true)?
        .no_modules_global(module.global)?
        .typescript(true)
        .generate(out)
        .context("wasm-bindgen")?;
    let glue = out.join(format!("{name}.js"));
    copy_file(&glue, &glue)?;
    Ok(out.join(format!("{name}_bg.wasm")))
}

/// The same as an ES module, for the package of npm: `floatscope.js`, `floatscope_bg.wasm`.
pub(crate) fn bind_for_npm(built: &Path, out: &Path) -> Result<()> {
    binding(built, "floatscope")
        .web(true)?
        .typescript(false)
        .generate(out)
        .context("wasm-bindgen")
}

/// What all glue has in common.
fn binding(built: &Path, name: &str) -> Bindgen {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(built)
        .out_name(name)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        // Every browser with SIMD has it: no substitute is needed.
        .encode_into(EncodeInto::Always);
    bindgen
}

/// [`bind`]; of a relaxed module only the wasm is kept, since a worker runs it with its twin's glue.
fn bind_for_page(built: &Path, module: &Module, out: &Path) -> Result<PathBuf> {
    if !module.is_relaxed() {
        return bind(built, module, out);
    }
    let apart = shell::target_dir().join("wasm").join(module.name);
    let bound = bind(built, module, &apart)?;
    let glue = format!("{}.js", module.glue());
    ensure!(
        fs::read(apart.join(&glue))? == fs::read(out.join(&glue))?,
        "{}: its glue is not that of its twin",
        module.name
    );
    let kept = out.join(format!("{}_bg.wasm", module.name));
    fs::copy(bound, &kept)?;
    Ok(kept)
}

/// Makes one script of the worker's parts, under the name of the last.
fn join_worker(out: &Path) -> Result<()> {
    let mut script = String::new();
    for part in bundle::WORKER {
        let part = out.join(part);
        script += &fs::read_to_string(&part).with_context(|| part.display().to_string())?;
        fs::remove_file(&part)?;
    }
    let name = bundle::WORKER.last().context("a worker has parts")?;
    Ok(fs::write(out.join(name), script)?)
}

/// Empties a folder without removing it: a server may be serving it.
pub(crate) fn clear(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Copies what is wanted of `from` into `to`, folders and all.
fn copy_folder(from: &Path, to: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target, is_wanted)?;
        } else if is_wanted(&entry.path()) {
            fs::create_dir_all(to)?;
            copy_file(&entry.path(), &target)?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let strip = match from.extension().and_then(|extension| extension.to_str()) {
        Some("js") => strip::script,
        Some("css") => strip::style,
        _ => return Ok(fs::copy(from, to).map(drop)?),
    };
    Ok(fs::write(to, strip(&fs::read_to_string(from)?))?)
}
