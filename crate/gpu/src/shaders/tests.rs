//! The folder against the table: every file is used, validated, and has its twin.

use super::{Kernel, Part, Rule, Stored, Tokens};
use naga::valid::{Capabilities, ValidationFlags, Validator};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shaders")
}

/// Every `.wgsl` file by its path in the folder without the ending, and its text.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder()];
    while let Some(here) = folders.pop() {
        for entry in std::fs::read_dir(here).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "wgsl") {
                let text = std::fs::read_to_string(&path).expect("it is text");
                let name = path
                    .strip_prefix(folder())
                    .expect("it is in there")
                    .with_extension("");
                found.push((name.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    found
}

fn kernels() -> Vec<Kernel> {
    let products = Stored::ALL.into_iter().flat_map(|stored| {
        let vectors = [Tokens::One, Tokens::Four].map(|tokens| Kernel::Matvec(stored, tokens));
        let models = Rule::ALL.map(|rule| Kernel::Model(stored, rule));
        [Kernel::Product(stored)]
            .into_iter()
            .chain(vectors)
            .chain(models)
    });
    products
        .chain([Kernel::Compare, Kernel::Peak, Kernel::Copy])
        .collect()
}

fn validated(text: &str) -> naga::Module {
    let module = naga::front::wgsl::parse_str(text);
    let module = module.unwrap_or_else(|error| panic!("{}", error.emit_to_string(text)));
    // Nothing beyond what WebGPU has everywhere.
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
    if let Err(error) = validator.validate(&module) {
        panic!("{}", error.emit_to_string(text));
    }
    module
}

/// The texts that a file's first line says it is joined with, in every combination.
fn joined_as_it_says(text: &str, files: &[(String, String)]) -> Vec<String> {
    let first = text.lines().next().unwrap_or_default();
    let wanted = first
        .strip_prefix("// joined with")
        .expect("an entry point says what with");
    let wanted = wanted.trim_start_matches(':').trim();
    let mut texts = vec![text.to_owned()];
    for pattern in wanted.split(", ").filter(|pattern| *pattern != "nothing") {
        let fits = |name: &str| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        let parts: Vec<_> = files.iter().filter(|(name, _)| fits(name)).collect();
        assert!(!parts.is_empty(), "there is no {pattern}");
        texts = texts
            .iter()
            .flat_map(|text| parts.iter().map(move |(_, part)| text.clone() + part))
            .collect();
    }
    texts
}

#[test]
fn every_file_is_valid_with_all_it_is_joined_with() {
    let files = files();
    let entries = files.iter().filter(|(name, _)| !name.contains('/'));
    let mut combinations = 0;
    for (name, text) in entries {
        for joined in joined_as_it_says(text, &files) {
            let module = validated(&joined);
            let entries: Vec<_> = module
                .entry_points
                .iter()
                .map(|entry| &entry.name)
                .collect();
            assert_eq!(entries, [name], "one entry point, with the file's name");
            combinations += 1;
        }
    }
    // Products and vectors with 3 types, models with 3 types and 5 rules, 3 that stand alone.
    assert!(combinations >= 2 * 3 + 3 * 5 + 3, "{combinations}");
}

#[test]
fn the_table_has_every_file_and_no_other() {
    let used: BTreeSet<_> = kernels()
        .iter()
        .flat_map(|kernel| kernel.parts())
        .map(|part| part.path)
        .collect();
    let files = files();
    let there: BTreeSet<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(used, there);
}

#[test]
fn the_table_joins_what_the_first_lines_say() {
    let files = files();
    for kernel in kernels() {
        let (_, text) = files
            .iter()
            .find(|(name, _)| name == kernel.entry())
            .expect("it is there");
        let mut wanted = joined_as_it_says(text, &files);
        let sorted = |parts: Vec<Part>| {
            let mut texts: Vec<_> = parts.iter().map(|part| part.text).collect();
            texts.sort_unstable();
            texts.concat()
        };
        let got = sorted(kernel.parts());
        wanted.retain(|joined| joined.len() == got.len());
        let mut got_bytes = got.into_bytes();
        got_bytes.sort_unstable();
        assert!(
            wanted.into_iter().any(|joined| {
                let mut bytes = joined.into_bytes();
                bytes.sort_unstable();
                bytes == got_bytes
            }),
            "{kernel:?}"
        );
    }
}

#[test]
fn every_file_but_shared_parts_has_a_twin() {
    let twins = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/twins");
    for (name, _) in files() {
        let is_shared = name.starts_with("parts/");
        assert!(
            is_shared || twins.join(&name).with_extension("rs").is_file(),
            "{name}"
        );
    }
}

#[test]
fn nothing_is_classified_by_comparing_floats_with_themselves() {
    for (name, text) in files() {
        let code = text
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default());
        let code: String = code.collect::<Vec<_>>().join(" ");
        let words = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        for word in words {
            let is_forbidden = ["inf", "nan", "isNan", "isInf", "unpack2x16float"].contains(&word);
            assert!(!is_forbidden, "{name}: {word}");
        }
    }
}

/// Sizes and offsets of a struct of the shader's, by its name.
fn layout(kernel: Kernel, name: &str) -> (u32, Vec<u32>) {
    let module = validated(&kernel.text());
    let named = |(_, ty): &(_, &naga::Type)| ty.name.as_deref() == Some(name);
    let (_, ty) = module.types.iter().find(named).expect("the shader has it");
    let naga::TypeInner::Struct { members, span } = &ty.inner else {
        panic!("{name} is no struct");
    };
    (*span, members.iter().map(|member| member.offset).collect())
}

#[test]
fn structs_are_laid_out_as_the_host_writes_and_reads_them() {
    use crate::buffers::WORDS_BYTES;
    use crate::reduce::{BINS, BLOCK_WORDS, COUNTS_WORDS};
    let words = (WORDS_BYTES as u32, vec![0, 4, 8, 12]);
    assert_eq!(layout(Kernel::Product(Stored::Bf16), "Shape"), words);
    assert_eq!(layout(Kernel::Compare, "Extent"), words);
    assert_eq!(layout(Kernel::Peak, "Work"), words);
    assert_eq!(layout(Kernel::Copy, "Extent"), words);
    assert_eq!(
        layout(Kernel::Compare, "Block"),
        (BLOCK_WORDS as u32 * 4, vec![0, 4, 8, 12])
    );
    let bins = BINS as u32 * 4;
    let counts = (COUNTS_WORDS as u32 * 4, vec![0, bins, bins + 4, bins + 8]);
    assert_eq!(layout(Kernel::Compare, "Counts"), counts);
}

#[test]
fn workgroups_are_of_the_sizes_that_layouts_count_with() {
    let size = |kernel: Kernel| {
        let module = validated(&kernel.text());
        module.entry_points[0]
            .workgroup_size
            .iter()
            .product::<u32>()
    };
    // A thread makes 8 by 8, 4 by all tokens of 64 threads together, and 4 by 1.
    assert_eq!(size(Kernel::Product(Stored::F32)), 128 * 128 / 64);
    assert_eq!(size(Kernel::Matvec(Stored::F32, Tokens::One)), 64);
    assert_eq!(size(Kernel::Model(Stored::F32, Rule::Bf16)), 16 * 16 / 4);
    assert_eq!(size(Kernel::Compare), 256);
}
