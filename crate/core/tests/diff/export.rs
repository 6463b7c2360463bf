//! The comparison as a spreadsheet and for a model card.

use floatscope_core::format::Dtype;

use crate::support::*;

/// Names that would break out of a cell.
const HOSTILE: [&str; 6] = [
    "a,b",
    "say \"no\"",
    "two\r\nlines",
    "| pipe | `code` *bold* _it_ <b>tag</b> [link](x) &amp; #1 ~no~",
    "back\\slash\\|",
    "\u{1b}[31mred\u{7}",
];

/// A checkpoint of these names and one of other values, under a name of the same kind.
fn hostile() -> floatscope_core::diff::Comparison {
    let mut random = Random(5);
    let mut tensors = |_| -> Vec<Tensor> {
        let of = |name: &&str| Tensor::of(name, Dtype::F32, &random.units(40));
        HOSTILE.iter().map(of).collect()
    };
    let [a, mut b] = [0, 1].map(&mut tensors);
    b[0].bytes.clone_from(&a[0].bytes);
    compared(&both(&a, &b))
}

/// The cells of a text by RFC 4180.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => line.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted && characters.peek() == Some(&'\n') => {
                characters.next();
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            other => cell.push(other),
        }
    }
    assert!(
        cell.is_empty() && line.is_empty() && !is_quoted,
        "it ends with a line"
    );
    lines
}

#[test]
fn the_csv_has_as_many_cells_as_titles_in_each_line() {
    let comparison = hostile();
    let csv: String = comparison.report().csv_lines().collect();
    let lines = cells(&csv);
    let titles = "name name_b dtype_a dtype_b shape count identical_bits equal max_ulp max_abs mean_abs max_rel allclose \
        not_close cosine sqnr_db conversion direction looks";
    assert_eq!(lines[0], titles.split(' ').collect::<Vec<_>>());
    assert_eq!(lines.len(), 1 + HOSTILE.len());
    for (line, name) in lines[1..].iter().zip(HOSTILE) {
        assert_eq!(line.len(), lines[0].len(), "{line:?}");
        assert_eq!([&line[0], &line[1]], [name; 2]);
        assert_eq!(line[2..6], ["F32", "F32", "40", "40"]);
    }
    let identical = [
        "true", "40", "0", "0.0", "0.0", "0.0", "true", "0", "1.0", "Infinity", "identity", "a>b",
        "",
    ];
    assert_eq!(lines[1][6..], identical);
    assert_eq!(lines[2][6..8], ["false", "0"]);
    assert_eq!(lines[2][16..], ["", "", "different"]);
}

/// What has no figure has an empty cell.
#[test]
fn cells_without_a_number_are_empty() {
    let tensor = |dtype, bytes: &[u8]| [Tensor::new("w", dtype, &[2], bytes.to_vec())];
    let both = both(
        &tensor(Dtype::U8, &[1, 2]),
        &tensor(Dtype::F8E4M3, &[0x7f, 0x7f]),
    );
    let csv: String = compared(&both).report().csv_lines().collect();
    let expected = [
        "w", "w", "U8", "F8_E4M3", "2", "2", "false", "0", "", "", "", "", "false", "2", "", "",
        "", "", "",
    ];
    assert_eq!(cells(&csv)[1], expected);
}

/// The cells of a line of a table, by the bars that are not escaped.
fn bars(line: &str) -> usize {
    let mut is_escaped = false;
    let bar = |character: char| {
        let is_bar = character == '|' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        is_bar
    };
    line.chars().map(bar).filter(|is_bar| *is_bar).count()
}

#[test]
fn tables_of_markdown_keep_their_columns() {
    let markdown = hostile().report().markdown();
    assert!(!markdown.contains(['\u{1b}', '\u{7}', '\r']), "{markdown}");
    let mut columns = None;
    let mut tables = Vec::new();
    for line in markdown.lines() {
        if !line.starts_with('|') {
            columns = None;
            continue;
        }
        let here = bars(line);
        if columns.is_none() {
            tables.push(0);
        }
        assert_eq!(*columns.get_or_insert(here), here, "{line}");
        *tables.last_mut().expect("a table") += 1;
    }
    // Titles and rules, two checkpoints, two kinds of pairs, five that differ.
    assert_eq!(tables, [4, 4, 7], "{markdown}");
}

#[test]
fn names_are_text_in_markdown() {
    let markdown = hostile().report().markdown();
    for name in [
        "| say \"no\" |",
        "| two  lines |",
        r"\| pipe \| \`code\` \*bold\* \_it\_ \<b\>tag\</b\> \[link\](x) \&amp; \#1 \~no\~ |",
        r"| back\\slash\\\| |",
        r"| \[31mred |",
    ] {
        assert!(markdown.contains(name), "{name}\n{markdown}");
    }
}

#[test]
fn the_card_says_what_the_report_says() {
    let mut random = Random(6);
    let numbers: Vec<f64> = random
        .units(40)
        .iter()
        .map(|x| f64::from(*x as f32))
        .collect();
    let a = [
        Tensor::of("w", Dtype::F32, &numbers),
        Tensor::of("alone", Dtype::F32, &[1.0]),
    ];
    let b = [Tensor::of("w", Dtype::BF16, &numbers)];
    let markdown = compared(&both(&a, &b)).report().markdown();
    let begin = "**B is A rounded to the nearest BF16. 1 tensor is only in A.**\n\n\
        | | checkpoint | tensors | parameters | bytes | stored as |\n| --- | --- | ---: | ---: | ---: | --- |\n\
        | A | A | 2 | 41 | 164 | F32 |\n| B | B | 1 | 40 | 80 | BF16 |\n\n\
        | tensors | |\n| ---: | --- |\n| 1 | B is A rounded to the nearest BF16 |\n| 1 | only in A |\n";
    assert!(markdown.starts_with(begin), "{markdown}");
    assert!(markdown.contains("Compared by Floatscope "), "{markdown}");
}

/// Of many tensors some are named, and the rest counted.
#[test]
fn the_card_stays_short() {
    let mut random = Random(9);
    let mut tensors = |count: usize| -> Vec<Tensor> {
        let of = |at: usize| Tensor::of(&at.to_string(), Dtype::F32, &random.units(16));
        (0..count).map(of).collect()
    };
    let [a, b] = [tensors(30), tensors(30)];
    let markdown = compared(&both(&a, &b)).report().markdown();
    assert!(
        markdown.contains("\n| and 10 tensors more | | | | | |\n"),
        "{markdown}"
    );
    assert!(
        markdown.contains("\n| 19 | ") && !markdown.contains("\n| 20 | "),
        "{markdown}"
    );
}

/// The report in pieces, of which none is long.
#[test]
fn a_long_report_comes_in_pieces() {
    let mut random = Random(10);
    let mut tensors = || -> Vec<Tensor> {
        let of = |at: usize| Tensor::of(&at.to_string(), Dtype::F32, &random.units(16));
        (0..400).map(of).collect()
    };
    let [a, b] = [tensors(), tensors()];
    let comparison = compared(&both(&a, &b));
    let lengths: Vec<usize> = comparison
        .report()
        .json_chunks()
        .map(|chunk| chunk.len())
        .collect();
    assert!(lengths.len() > 3, "{lengths:?}");
    assert!(
        lengths.iter().all(|length| *length < 80 << 10),
        "{lengths:?}"
    );
    let report = report(&comparison);
    assert_eq!(names(&report).len(), 400);
    // A line each, and the same text by itself.
    let text = text(&comparison);
    let lines = text.lines().filter(|line| line.starts_with("{\"name\":"));
    let alone = (0..400).filter_map(|at| comparison.report().pair_json(at));
    assert!(
        lines
            .map(|line| line.trim_end_matches(',').to_owned())
            .eq(alone)
    );
    assert_eq!(comparison.report().pair_json(400), None);
}
