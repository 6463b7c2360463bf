//! The comparison for spreadsheets and for model cards.

use super::Collected;
use super::figures::Kind;
use super::summary::Summary;
use crate::report::{Number, counted, grouped, to_json};

/// The columns of the CSV.
const TITLES: &str = "name,name_b,dtype_a,dtype_b,shape,count,identical_bits,equal,max_ulp,max_abs,mean_abs,max_rel,allclose,\
    not_close,cosine,sqnr_db,conversion,direction,looks";

/// Tensors that a model card names.
const MOST: usize = 20;

impl Collected {
    /// One line a pair (RFC 4180), with a line of titles before them.
    pub fn csv_lines(&self) -> impl Iterator<Item = String> + '_ {
        let lines = (0..self.len()).filter_map(|index| {
            let (a, b, dtypes, shape, summary) = self.summary(index)?;
            Some(line(a, b, dtypes, shape, summary))
        });
        std::iter::once(format!("{TITLES}\r\n")).chain(lines)
    }

    /// A compact table with the headline, for a model card.
    pub fn markdown(&self) -> String {
        let overview = self.overview();
        let mut text = format!("**{}**\n\n", overview.headline);
        text.push_str("| | checkpoint | tensors | parameters | bytes | stored as |\n| --- | --- | ---: | ---: | ---: | --- |\n");
        for (letter, side) in ["A", "B"].iter().zip(&self.sides) {
            let of = &side.checkpoint;
            let dtypes: Vec<&str> = of.dtypes.iter().map(|(dtype, _)| *dtype).collect();
            text.push_str(&format!(
                "| {letter} | {} | {} | {} | {} | {} |\n",
                cell(&of.name),
                grouped(of.tensors),
                grouped(of.parameters),
                grouped(of.bytes),
                dtypes.join(", ")
            ));
        }
        text.push_str("\n| tensors | |\n| ---: | --- |\n");
        for explained in overview.explanations {
            text.push_str(&format!(
                "| {} | {} |\n",
                grouped(explained.tensors),
                cell(&explained.says)
            ));
        }
        for (count, says) in [
            (
                overview.other_zeros,
                "have equal values, with zeros of the other sign",
            ),
            (
                overview.pairs.unexplained,
                "differ, and no conversion explains it",
            ),
            (overview.pairs.failed, "were not compared"),
            (overview.only_in_a.len() as u64, "only in A"),
            (overview.only_in_b.len() as u64, "only in B"),
            (overview.shape_mismatch.len() as u64, "of two shapes"),
        ] {
            if count > 0 {
                text.push_str(&format!("| {} | {says} |\n", grouped(count)));
            }
        }
        text.push_str(&self.unexplained_table());
        for hint in overview.triage {
            text.push_str(&format!("\n- {}", cell(&hint.says)));
        }
        text.push_str(&format!(
            "\n\nCompared by Floatscope {}.\n",
            env!("CARGO_PKG_VERSION")
        ));
        text
    }

    fn unexplained_table(&self) -> String {
        let all: Vec<usize> = (0..self.len())
            .filter(|index| {
                self.summary(*index)
                    .is_some_and(|pair| pair.4.kind == Kind::Unexplained)
            })
            .collect();
        if all.is_empty() {
            return String::new();
        }
        let mut text = "\n| tensor | equal | max ULP | max \\|a − b\\| | SQNR dB | looks like |\n| --- | ---: | ---: | ---: | ---: | --- |\n".to_owned();
        for index in all.iter().take(MOST) {
            if let Some((name, _, _, _, summary)) = self.summary(*index) {
                let looks = summary.looks.as_ref().map_or("", |(_, says)| says);
                text.push_str(&format!(
                    "| {} | {} of {} | {} | {} | {} | {looks} |\n",
                    cell(name),
                    grouped(summary.equal),
                    grouped(summary.count),
                    written(summary.max_ulp),
                    written(summary.max_abs),
                    written(summary.sqnr_db)
                ));
            }
        }
        if all.len() > MOST {
            let more = counted((all.len() - MOST) as u64, "tensor", "tensors");
            text.push_str(&format!("| and {more} more | | | | | |\n"));
        }
        text
    }
}

fn line(a: &str, b: &str, dtypes: [&str; 2], shape: &str, summary: &Summary) -> String {
    let (conversion, direction) = match &summary.best {
        Some((conversion, direction, _)) => (conversion.as_str(), *direction),
        None => ("", ""),
    };
    let cells = [
        a.to_owned(),
        b.to_owned(),
        dtypes[0].to_owned(),
        dtypes[1].to_owned(),
        shape.to_owned(),
        summary.count.to_string(),
        (summary.kind == Kind::Identical).to_string(),
        summary.equal.to_string(),
        written(summary.max_ulp),
        written(summary.max_abs),
        written(summary.mean_abs),
        written(summary.max_rel),
        (summary.not_close == 0).to_string(),
        summary.not_close.to_string(),
        written(summary.cosine),
        written(summary.sqnr_db),
        conversion.to_owned(),
        direction.to_owned(),
        summary
            .looks
            .as_ref()
            .map_or("", |(like, _)| like)
            .to_owned(),
    ];
    let quoted: Vec<String> = cells.iter().map(|cell| field(cell)).collect();
    format!("{}\r\n", quoted.join(","))
}

/// A number as in the JSON, or nothing.
fn written(number: Option<Number>) -> String {
    number.map_or(String::new(), |number| {
        to_json(&number).trim_matches('"').to_owned()
    })
}

/// A field, quoted where it must be.
fn field(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// Hostile text in a table of Markdown.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => out.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '&' | '#' | '~' => {
                out.extend(['\\', character]);
            }
            control if control.is_control() => {}
            other => out.push(other),
        }
    }
    out
}
