//! Headers that are valid, and headers that were so before something happened
//! to them, from a seed: the same on every machine.

/// A generator of 64-bit numbers (SplitMix64: <https://prng.di.unimi.it/splitmix64.c>).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Puts the header's length before it and `body_bytes` zeros after it.
pub(crate) fn file(json: &[u8], body_bytes: usize) -> Vec<u8> {
    let mut file = (json.len() as u64).to_le_bytes().to_vec();
    file.extend(json);
    file.resize(file.len() + body_bytes, 0);
    file
}

/// Names and widths in bits, stated here again so that a slip in our table shows.
const DTYPES: &[(&str, u64)] = &[
    ("BOOL", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("F8_E4M3FNUZ", 8),
    ("F8_E5M2FNUZ", 8),
    ("I16", 16),
    ("U16", 16),
    ("F16", 16),
    ("BF16", 16),
    ("I32", 32),
    ("U32", 32),
    ("F32", 32),
    ("C64", 64),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
];

const NAMES: &[&str] = &[
    "a",
    "weight",
    "model.layers.0.mlp.weight",
    "",
    " ",
    "ü",
    "a\\u0000b",
    "\\ud83d\\ude00",
    "\\\"",
    "__metadata",
    "x\\/y",
    "dtype",
    "shape",
    "\\u202e",
];

/// A header that both parsers take, most of the time, and its body's length.
pub(crate) fn header(random: &mut Random) -> (String, usize) {
    let mut entries = Vec::new();
    let mut end = 0;
    for number in 0..random.below(6) {
        entries.push(entry(random, number, &mut end));
    }
    if random.once_in(4) {
        let metadata = [
            "null",
            "{}",
            r#"{"format":"pt"}"#,
            r#"{"a":"1","a":"2","é":"\u00e9"}"#,
        ];
        entries.push(format!(r#""__metadata__":{}"#, random.pick(&metadata)));
    }
    if random.once_in(64) && !entries.is_empty() {
        entries.push(entries[0].clone());
    }
    // Entries may stand in any order.
    for i in (1..entries.len()).rev() {
        entries.swap(i, random.below(i + 1));
    }
    let padding = " ".repeat(random.below(9));
    (format!("{{{}}}{padding}", entries.join(",")), end)
}

fn entry(random: &mut Random, number: usize, end: &mut usize) -> String {
    let (dtype, bits) = DTYPES[random.below(DTYPES.len())];
    let mut shape: Vec<u64> = (0..random.below(4))
        .map(|_| random.below(5) as u64)
        .collect();
    while shape.iter().product::<u64>() * bits % 8 != 0 {
        shape.push(4);
    }
    let begin = *end;
    *end += (shape.iter().product::<u64>() * bits / 8) as usize;
    let name = random.pick(NAMES);
    let dtype = match random.below(64) {
        0 => format!(r#"{{"{dtype}":null}}"#),
        _ => format!(r#""{dtype}""#),
    };
    let mut fields = [
        format!(r#""dtype":{dtype}"#),
        format!(r#""shape":{shape:?}"#),
        format!(r#""data_offsets":[{begin},{end}]"#),
    ];
    let last = random.below(3);
    fields.swap(2, last);
    if random.once_in(8) {
        return format!(r#""{name}{number}":[{dtype},{shape:?},[{begin}, {end}]]"#);
    }
    let extra = random.pick(&[
        "",
        "",
        "",
        r#","note":[{"x":1.5e3},null,true]"#,
        ",\"a\\u0041\":-1",
    ]);
    format!(r#""{name}{number}":{{{}{extra}}}"#, fields.join(","))
}

/// What stands in the place of something else, or between two things.
const PIECES: &[&str] = &[
    "0",
    "1",
    "-0",
    "-1",
    "1.0",
    "1e2",
    "00",
    "8",
    "16",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "4294967296",
    "1e400",
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    " ",
    "\n",
    "\t",
    "\r",
    "\u{feff}",
    "\u{85}",
    "\\",
    "\\ud800",
    "\\u0061",
    "F32",
    "BF16",
    "F4",
    "\"F32\"",
    "{\"F32\":null}",
    "{\"F32\":{}}",
    "f32",
    "F7",
    "\"dtype\":\"U8\",",
    "\"shape\":[],",
    "\"data_offsets\":[0,0],",
    "\"__metadata__\":{\"a\":1},",
    "\"__metadata__\":null,",
    "\"a0\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},",
    "[[[[[[[[[[[[[[[[",
    "]]]]]]]]]]]]]]]]",
];

/// Does one small thing to a header.
pub(crate) fn mutate(random: &mut Random, json: &mut Vec<u8>) {
    let at = random.below(json.len() + 1);
    let to = (at + random.below(6)).min(json.len());
    match random.below(7) {
        0 if at < json.len() => json[at] = random.next() as u8,
        1 if at < json.len() => json[at] ^= 1 << random.below(8),
        2 => drop(json.drain(at..to)),
        3 => drop(json.splice(at..at, random.pick(PIECES).bytes())),
        4 => drop(json.splice(at..to, random.pick(PIECES).bytes())),
        5 => replace_number(random, json),
        _ => repeat_part(random, json, at),
    }
}

/// Puts another number in the place of one that is there.
fn replace_number(random: &mut Random, json: &mut Vec<u8>) {
    let start = random.below(json.len() + 1);
    let Some(found) = json[start..].iter().position(u8::is_ascii_digit) else {
        return;
    };
    let begin = start + found;
    let digits = json[begin..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    drop(json.splice(begin..begin + digits, random.pick(&PIECES[..14]).bytes()));
}

/// Repeats a part up to the next comma, so that fields and entries come twice.
fn repeat_part(random: &mut Random, json: &mut Vec<u8>, at: usize) {
    let commas: Vec<usize> = (at..json.len()).filter(|&i| json[i] == b',').collect();
    if commas.len() < 2 {
        return;
    }
    let first = random.below(commas.len() - 1);
    let part = json[commas[first]..commas[first + 1]].to_vec();
    drop(json.splice(commas[first]..commas[first], part));
}
