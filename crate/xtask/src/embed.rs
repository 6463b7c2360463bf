//! `embed.js`: the element `<floatscope-viewer>` as one script for other people's pages.
//!
//! It carries what the page has from elsewhere: the tables of formats and casts, which come from core, and
//! the page's own style, rewritten for a shadow root in which nothing of the page around it is known.

use crate::bundle::Bundle;
use crate::strip;
use anyhow::{Context, Result, ensure};
use floatscope_core::cast::CASTS;
use floatscope_core::microscope::FormatFacts;
use floatscope_core::report::to_json;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The script, and its first module.
pub(crate) const SCRIPT: &str = "embed.js";

/// What only other people's pages ask for.
pub(crate) const FILES: [&str; 3] = [SCRIPT, "embed.html", "frame.js"];

/// What the element has of style besides the page's.
pub(crate) const STYLE: &str = "embed/embed.css";

/// The module that is made here.
const MADE: &str = "embed/made.js";

/// Parts of `style.css`, by the titles in its comments, that the element uses. The first one has none.
const SECTIONS: [&str; 8] = [
    "Controls",
    "The bar on top",
    "Progress and failure",
    "Summary",
    "The map",
    "Casts",
    "Problems",
    "One tensor",
];

/// The last part, which begins with pictures and ends with what is said of all.
const LAST: &str = "Pictures";

/// The modules it is made of, and the script. It is a classic one, which a page may load from anywhere without
/// asking; it knows where it came from by its own element, and leaves nothing behind but the name of the element.
pub(crate) fn script(www: &Path) -> Result<(Vec<String>, String)> {
    let bundle = Bundle::of(www, SCRIPT, &[(MADE, &made(www)?)])?;
    let body = bundle
        .script()
        .replace("import.meta.url", "floatscopeScript");
    let script = format!(
        "(()=>{{\nconst floatscopeScript=document.currentScript?.src||Array.from(document.scripts,({{src}})=>src)\
         .find((src)=>/\\/embed\\.js(?:[?#]|$)/.test(src))||location.href;\n{body}}})();\n"
    );
    Ok((bundle.modules, script))
}

/// The module with the tables and the style.
fn made(www: &Path) -> Result<String> {
    let read = |path: &str| {
        let path = www.join(path);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let style = json!(style(&read("style.css")?, &read(STYLE)?)?);
    let casts = CASTS.iter().map(
        |cast| json!({ "key": cast.key, "title": cast.title, "says": cast.says(), "bits": cast.bits }),
    );
    let casts = json!(casts.collect::<Vec<_>>());
    let formats = to_json(&FormatFacts::all());
    Ok(format!(
        "export const FORMATS = {formats};\nexport const CASTS = {casts};\nexport const STYLE = {style};\n"
    ))
}

/// The style of the element: parts of the page's, and its own.
fn style(page: &str, own: &str) -> Result<String> {
    let sections = sections(page);
    let mut text = themed(sections.get("").context("a style has a beginning")?)?;
    for title in SECTIONS.iter().chain([&LAST]) {
        text += sections
            .get(title)
            .with_context(|| format!("style.css has no part {title:?}"))?;
    }
    text += own;
    let text = text
        .replace(":root", ".viewer")
        .replace("\nbody {", "\n.viewer {")
        // The width that counts is the element's.
        .replace("@media (max-width", "@container (max-width")
        .replace("@media (min-width", "@container (min-width");
    Ok(strip::style(&own_units(&text)))
}

/// The parts of a style by the titles in their comments; what stands before the first title has none. Comments that
/// are no titles stand between rules that belong together or run on over a line.
fn sections(css: &str) -> BTreeMap<&str, &str> {
    let mut sections = BTreeMap::new();
    let (mut title, mut rest) = ("", css);
    loop {
        let next = rest.find("\n\n/* ").map(|at| rest.split_at(at + 2));
        let Some((section, after)) = next else {
            sections.insert(title, rest);
            return sections;
        };
        sections.insert(title, section);
        let end = after.find(" */").unwrap_or(after.len());
        title = &after["/* ".len().min(end)..end];
        rest = &after[end.min(after.len())..];
        rest = rest.strip_prefix(" */").unwrap_or(rest);
    }
}

/// The colours of both schemes in one: the element follows the page around it, whose scheme may be another than
/// the one that a person prefers.
fn themed(css: &str) -> Result<String> {
    const DARK: &str = "@media (prefers-color-scheme: dark) {\n  :root {";
    let (light, rest) = css
        .split_once(DARK)
        .context("style.css has no dark colours")?;
    let (dark, rest) = rest
        .split_once("}\n}")
        .context("the dark colours have an end")?;
    let mut light = light.replace("  color-scheme: light dark;\n", "");
    for declaration in dark
        .split(';')
        .map(str::trim)
        .filter(|declaration| !declaration.is_empty())
    {
        let (name, value) = declaration
            .split_once(": ")
            .context("a colour has a name")?;
        let at = light
            .find(&format!("{name}: "))
            .with_context(|| format!("{name} is dark only"))?;
        let from = at + name.len() + ": ".len();
        let end = from + light[from..].find(';').context("a declaration ends")?;
        let both = format!("light-dark({}, {value})", &light[from..end]);
        light.replace_range(from..end, &both);
    }
    ensure!(!light.contains("color-scheme"), "a scheme is left");
    Ok(light + rest)
}

/// The root's size of letters belongs to the page around, so that lengths in `rem` become multiples of our own.
fn own_units(css: &str) -> String {
    let mut text = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("rem") {
        rest = after;
        let number = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let amount = &before[number.len()..];
        text += number;
        if amount.is_empty() {
            text += "rem";
        } else {
            text += &format!("calc({amount} * var(--em))");
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::{own_units, sections, style, themed};

    const PAGE: &str = ":root {\n  color-scheme: light dark;\n  --a: #fff; --b: x;\n}\n@media (prefers-color-scheme: dark) {\n  :root {\n    --a: #000;\n  }\n}\np { margin: 1rem; }\n";

    #[test]
    fn a_style_falls_into_parts_by_their_titles() {
        let parts = sections("a {}\n/* no title */\nb {}\n\n/* One */\nc {}\n\n/* Two */\nd {}\n");
        let expected = [
            ("", "a {}\n/* no title */\nb {}\n\n"),
            ("One", "\nc {}\n\n"),
            ("Two", "\nd {}\n"),
        ];
        assert!(parts.into_iter().eq(expected));
    }

    #[test]
    fn both_schemes_become_one() {
        let css = themed(PAGE).unwrap();
        assert_eq!(
            css,
            ":root {\n  --a: light-dark(#fff, #000); --b: x;\n}\n\np { margin: 1rem; }\n"
        );
    }

    #[test]
    fn the_root_of_the_page_around_has_no_say() {
        assert_eq!(
            own_units("a { font: 0.9rem/1.5 x; margin: 2rem; b: remote; }"),
            "a { font: calc(0.9 * var(--em))/1.5 x; margin: calc(2 * var(--em)); b: remote; }"
        );
    }

    #[test]
    fn the_page_has_every_part_and_nothing_of_it_depends_on_the_page_around() {
        let www = crate::shell::root().join("www");
        let read = |path| std::fs::read_to_string(www.join(path)).unwrap();
        let css = style(&read("style.css"), &read(super::STYLE)).unwrap();
        for of_a_page in [
            ":root",
            "\nbody",
            "prefers-color-scheme",
            "rem;",
            "rem ",
            "@media (m",
            "@media(m",
        ] {
            assert!(!css.contains(of_a_page), "{of_a_page} in {css}");
        }
        assert!(css.contains("light-dark("), "{css}");
    }
}
