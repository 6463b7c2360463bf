//! `cargo xtask single-file`: the page as one file that runs from the disk and may connect nowhere.
//!
//! What the page fetches elsewhere is packed in it: one stream of all files, as text. A first script
//! unpacks it with a decoder that lies beside it; the policy has the hashes of that script and the page's own.

use crate::options::Options;
use crate::{build, bundle, headers, shell, strip};
use anyhow::{Context, Result, ensure};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Modules of `www/` that only this file has.
pub(crate) const PARTS: [&str; 2] = ["single-file.js", "engine/worker-unpack.js"];

/// More would be too much to send by mail or to keep beside a checkpoint.
const MOST_BYTES: usize = 1_500_000;

/// The lab's module with WebGPU, which is the others, too.
const LAB: &str = "engine/lab_gpu_bg.wasm";

/// `single-file [--out FILE]`.
pub(crate) fn command(mut options: Options) -> Result<()> {
    let out = options.take_value("--out")?.map(PathBuf::from);
    options.finish()?;
    build::build(&build::dist())?;
    make(&build::dist(), &out.unwrap_or_else(usual))
}

/// Its name.
pub(crate) const NAME: &str = "floatscope.html";

/// Where it is written unless something else is said.
pub(crate) fn usual() -> PathBuf {
    build::dist().join(NAME)
}

/// Makes it of a built page.
pub(crate) fn make(dist: &Path, out: &Path) -> Result<()> {
    let html = html(dist)?;
    ensure!(
        html.len() < MOST_BYTES,
        "the page as one file has {} bytes, and {MOST_BYTES} are too many",
        html.len()
    );
    fs::write(out, &html).with_context(|| out.display().to_string())?;
    println!("wrote {}: {} bytes", out.display(), html.len());
    Ok(())
}

fn html(dist: &Path) -> Result<String> {
    let text = |path: &str| {
        let path = dist.join(path);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let main = text(bundle::PAGE)?;
    let style = text("style.css")?;
    let first = strip::script(&source(PARTS[0])?);
    let (glue, decoder) = build::unpacker()?;
    let unpacker = glue + &strip::script(&source(PARTS[1])?);
    let files = files(dist)?;
    let carried = carried(&files, &unpacker, &decoder)?;
    let policy = headers::single_file_policy(&[hash(&first), hash(&main)], &hash(&style));
    let icon = BASE64_STANDARD.encode(text("icon.svg")?);
    let page = fs::read_to_string(shell::root().join("www/index.html"))?;
    let mut page = headers::page_as(&page, "file", &policy);
    for (what, instead) in [
        (
            "href=\"icon.svg\"",
            format!("href=\"data:image/svg+xml;base64,{icon}\""),
        ),
        (
            "<link rel=\"manifest\" href=\"manifest.webmanifest\">\n",
            String::new(),
        ),
        (
            "<link rel=\"stylesheet\" href=\"style.css\">",
            format!("<style>{style}</style>"),
        ),
        // It runs when the rest has been read, and also where that is cut off.
        (
            "<script type=\"module\" src=\"main.js\"></script>",
            format!("<script type=\"module\">{first}</script>"),
        ),
        ("</body>", format!("{carried}</body>")),
    ] {
        ensure!(page.matches(what).count() == 1, "one {what} in the page");
        page = page.replacen(what, &instead, 1);
    }
    Ok(page)
}

/// A script of `www/` as it is written.
fn source(path: &str) -> Result<String> {
    let path = shell::root().join("www").join(path);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// What a policy knows a script or a style by.
fn hash(text: &str) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(text));
    format!("'sha256-{hash}'")
}

/// A path in the built page and what is there.
type File = (&'static str, Vec<u8>);

/// What is packed, in the order in which it is needed: whoever unpacks comes to the last ones last.
fn files(dist: &Path) -> Result<Vec<File>> {
    let read = |path: &'static str| {
        let file = dist.join(path);
        let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
        Ok::<File, anyhow::Error>((path, bytes))
    };
    let mut worker = read("engine/lab_gpu.js")?.1;
    worker.extend(read("engine/worker.js")?.1);
    Ok(vec![
        read(bundle::PAGE)?,
        ("engine/worker.js", worker),
        // Every worker has it.
        ("engine/lab_gpu.js", Vec::new()),
        read("engine/scan_bg.wasm")?,
        read("engine/compare_bg.wasm")?,
        read(LAB)?,
        read("engine/tokenizer_bg.wasm")?,
        ("sample.safetensors", small(&read("sample.safetensors")?.1)?),
    ])
}

/// Parts of the document that are no scripts to the browser: what is packed and what unpacks it.
fn carried(files: &[File], unpacker: &str, decoder: &[u8]) -> Result<String> {
    let sizes = files
        .iter()
        .map(|(path, bytes)| json!([path, bytes.len(), floatscope_unpack::sum(bytes)]));
    let others = ["engine/lab_bg.wasm", "engine/lab_relaxed_bg.wasm"];
    let same = others.map(|other| (other.to_owned(), Value::from(LAB)));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(decoder)?;
    let decoder = BASE64_STANDARD.encode(gzip.finish()?);
    let all = files
        .iter()
        .map(|(_, bytes)| &bytes[..])
        .collect::<Vec<_>>();
    let packed = floatscope_unpack::pack(&all.concat());
    let contents = json!({
        "files": sizes.collect::<Vec<_>>(),
        "same": Map::from_iter(same),
        "sum": floatscope_unpack::sum(packed.as_bytes()),
    });
    let parts = [
        ("contents", contents.to_string()),
        ("unpacker", unpacker.to_owned()),
        ("decoder", decoder),
        ("packed", packed),
    ];
    let mut html = String::new();
    for (id, text) in parts {
        ensure!(
            !text.contains("</script") && !text.contains("<!--"),
            "{id} would end before its end"
        );
        html += &format!("<script type=\"text/plain\" id=\"{id}\">{text}</script>\n");
    }
    Ok(html)
}

/// The sample without its largest tensors, which hardly become smaller when packed.
fn small(sample: &[u8]) -> Result<Vec<u8>> {
    let (length, rest) = sample.split_at_checked(8).context("the sample's length")?;
    let length = usize::try_from(u64::from_le_bytes(length.try_into()?))?;
    let (header, data) = rest.split_at_checked(length).context("its header")?;
    let mut entries: Map<String, Value> = serde_json::from_slice(header)?;
    entries.retain(|name, _| !name.contains("embed_tokens") && !name.contains(".mlp."));
    let mut kept: Vec<u8> = Vec::new();
    for (name, entry) in &mut entries {
        if name == "__metadata__" {
            continue;
        }
        let [begin, end] = serde_json::from_value(entry["data_offsets"].clone())?;
        let bytes: &[u8] = data
            .get::<std::ops::Range<usize>>(begin..end)
            .context("its data")?;
        entry["data_offsets"] = json!([kept.len(), kept.len() + bytes.len()]);
        kept.extend(bytes);
    }
    let mut header = serde_json::to_vec(&entries)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut small = u64::try_from(header.len())?.to_le_bytes().to_vec();
    small.extend(header);
    small.extend(kept);
    Ok(small)
}
