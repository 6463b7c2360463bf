//! The page's modules as one script, and the workers' scripts as one.
//!
//! A visitor's browser asks once and not for one module after another as it comes
//! to their imports, and one long text is compressed better than many short ones.
//! A module becomes a function that returns what it exports, in the order in which
//! the browser would run them. That is all it takes here: our modules import names
//! from each other and nothing else, and don't import in circles.

use crate::strip;
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The page's first module.
pub(crate) const PAGE: &str = "main.js";

/// What a worker is made of, in this order; the first parts are generated.
pub(crate) const WORKER: &[&str] = &[
    "engine/scan.js",
    "engine/compare.js",
    "engine/lab.js",
    "engine/tokenizer.js",
    "engine/worker-remote.js",
    "engine/worker-source.js",
    "engine/worker-looking.js",
    "engine/worker-scanner.js",
    "engine/worker-headers.js",
    "engine/worker-written.js",
    "engine/worker-kept.js",
    "engine/worker-jobs.js",
    "engine/worker-comparison.js",
    "engine/worker-coordinator.js",
    "engine/worker-ahead.js",
    "engine/worker-products.js",
    "engine/worker-lab.js",
    "engine/worker.js",
];

/// Modules that are written as one script.
#[derive(Default)]
pub(crate) struct Bundle {
    /// The modules, by their paths, in the order in which they run.
    pub(crate) modules: Vec<String>,
    /// Those whose imports are being followed.
    open: Vec<String>,
    script: String,
}

impl Bundle {
    /// The module at `path` below `folder` with everything it imports; the text of a module that is
    /// `made` comes from there.
    pub(crate) fn of(folder: &Path, path: &str, made: &[(&str, &str)]) -> Result<Self> {
        let mut bundle = Self::default();
        bundle.add(path, &|path| {
            if let Some((_, text)) = made.iter().find(|(name, _)| *name == path) {
                return Ok((*text).to_owned());
            }
            let file = folder.join(path);
            fs::read_to_string(&file).with_context(|| file.display().to_string())
        })?;
        Ok(bundle)
    }

    /// The script.
    pub(crate) fn script(&self) -> &str {
        &self.script
    }

    fn add(&mut self, path: &str, read: &dyn Fn(&str) -> Result<String>) -> Result<usize> {
        if let Some(at) = self.modules.iter().position(|module| module == path) {
            return Ok(at);
        }
        ensure!(
            !self.open.iter().any(|open| open == path),
            "{path} imports itself by way of others"
        );
        self.open.push(path.to_owned());
        let source = strip::script(&read(path)?);
        let mut body = String::new();
        let mut exports = Vec::new();
        let mut rest = source.as_str();
        while !rest.is_empty() {
            let (statement, after) = first_of(rest);
            rest = after;
            if let Some(import) = statement.strip_prefix(IMPORT) {
                let (names, from) =
                    imported(import).with_context(|| format!("{path}: {import}"))?;
                let at = self.add(&joined(path, from)?, read)?;
                writeln!(body, "const{{{names}}}=${at};")?;
            } else if let Some(export) = statement.strip_prefix("export ") {
                exports.push(exported(export).with_context(|| format!("{path}: {export}"))?);
                body.push_str(export);
            } else {
                let is_import =
                    statement.starts_with("import") && !statement.starts_with("import.");
                ensure!(!is_import, "{path}: {statement}is not a list of names");
                body.push_str(statement);
            }
        }
        self.open.pop();
        let body = body.replace(
            "import.meta.url",
            &format!("new URL('{path}',import.meta.url)"),
        );
        let at = self.modules.len();
        self.modules.push(path.to_owned());
        if self.open.is_empty() {
            // The first module stays as it is, and may wait at its top.
            self.script.push_str(&body);
            return Ok(at);
        }
        writeln!(
            self.script,
            "const ${at}=(()=>{{\n{body}return{{{}}};\n}})();",
            exports.join(",")
        )?;
        Ok(at)
    }
}

/// The first line, or the import that begins there, and what comes after it.
fn first_of(source: &str) -> (&str, &str) {
    let is_import = source.starts_with(IMPORT);
    let end = if is_import { ";\n" } else { "\n" };
    let at = source.find(end).map_or(source.len(), |at| at + end.len());
    source.split_at(at)
}

/// How a stripped import begins.
const IMPORT: &str = "import{";

/// Names as a pattern that takes an object apart, and the module they come from.
fn imported(import: &str) -> Result<(String, &str)> {
    let (names, from) = import.split_once("}from").context("not a list of names")?;
    let from = from
        .trim_end()
        .trim_end_matches(';')
        .trim_matches(['\'', '"']);
    let names = names.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok((names.replace(" as ", ":"), from))
}

/// The name that a declaration exports.
fn exported(declaration: &str) -> Result<&str> {
    let known = [
        "async function ",
        "function*",
        "function ",
        "class ",
        "const ",
    ];
    let name = known.iter().find_map(|kind| declaration.strip_prefix(kind));
    let name = name.context("not a declaration that is known here")?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
    Ok(&name[..end.unwrap_or(name.len())])
}

/// The path that a module means by `./x.js` or `../y/x.js`.
fn joined(module: &str, from: &str) -> Result<String> {
    let mut parts: Vec<&str> = module.split('/').collect();
    parts.pop();
    for part in from.split('/') {
        match part {
            "." => {}
            ".." => ensure!(
                parts.pop().is_some(),
                "{module} imports {from}, which is outside"
            ),
            part => parts.push(part),
        }
    }
    if !from.starts_with('.') {
        bail!("{module} imports {from}, which is no file of the page");
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::Bundle;
    use anyhow::{Context, Result};

    fn bundled(files: &[(&str, &str)]) -> Result<Bundle> {
        let read = |path: &str| {
            let file = files.iter().find(|file| file.0 == path);
            Ok(file.context("no such file")?.1.to_owned())
        };
        let mut bundle = Bundle::default();
        bundle.add(files[0].0, &read)?;
        Ok(bundle)
    }

    #[test]
    fn modules_become_functions_in_the_order_of_their_imports() {
        let bundle = bundled(&[
            ("main.js", "import { a, b as c } from './x/y.js';\nimport {\n  d,\n} from './z.js';\na(c, d);\n"),
            ("x/y.js", "import { d } from '../z.js';\nexport const a = d;\nexport function b() {}\n"),
            ("z.js", "// one\nexport class d {}\nlet e = import.meta.url;\n"),
        ])
        .unwrap();
        assert_eq!(bundle.modules, ["z.js", "x/y.js", "main.js"]);
        assert_eq!(
            bundle.script(),
            "const $0=(()=>{\nclass d{}\nlet e=new URL('z.js',import.meta.url);\nreturn{d};\n})();\n\
             const $1=(()=>{\nconst{d}=$0;\nconst a=d;\nfunction b(){}\nreturn{a,b};\n})();\n\
             const{a,b:c}=$1;\nconst{d,}=$0;\na(c,d);\n"
        );
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let cases: [&[(&str, &str)]; 5] = [
            &[
                ("a.js", "import { b } from './b.js';\n"),
                ("b.js", "import { a } from './a.js';\n"),
            ],
            &[("a.js", "import b from './b.js';\n"), ("b.js", "")],
            &[("a.js", "import { b } from 'b';\n")],
            &[("a.js", "export default 1;\n")],
            &[("a.js", "import { b } from '../b.js';\n")],
        ];
        for files in cases {
            assert!(bundled(files).is_err(), "{files:?}");
        }
    }
}
