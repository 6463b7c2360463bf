//! Which tokens are run: by id, or by text.

use std::path::{Path, PathBuf};

use floatscope_tokenizer::Tokenizer;

use crate::arguments::ForwardOptions;
use crate::inputs::{read_index, shown, what};

/// Tokens, and where they are of a text, what each of them is of it, and whose word that is.
#[derive(Default)]
pub(super) struct Tokens {
    pub(super) ids: Vec<u64>,
    pub(super) pieces: Option<Vec<String>>,
    pub(super) path: Option<PathBuf>,
}

/// The tokens that were asked for; a text's are by the tokenizer.json beside the config.json.
pub(super) fn tokens(options: &ForwardOptions, config: &Path) -> Result<Tokens, String> {
    let Some(text) = &options.text else {
        let ids = options.tokens.clone();
        return Ok(Tokens {
            ids,
            ..Tokens::default()
        });
    };
    let path = config.with_file_name("tokenizer.json");
    if !path.exists() {
        let path = shown(&options.path);
        return Err(format!(
            "{path}: there is no tokenizer.json beside config.json: --text needs it, --tokens does not"
        ));
    }
    let named = |what: String| format!("{}: {what}", shown(&path));
    let json = read_index(&path).map_err(|error| named(what(&error)))?;
    let tokenizer = Tokenizer::from_json(&json).map_err(named)?;
    let ids = tokenizer.encode(text, true).map_err(named)?;
    Ok(Tokens {
        pieces: Some(tokenizer.pieces(&ids)),
        ids,
        path: Some(path),
    })
}
