//! What the library takes for granted of the parts around a model, and panics without.

use serde::Serialize;
use serde_json::Value;
use tokenizers::Tokenizer;

/// # Errors
/// A sentence that says which part cannot do its work.
pub(crate) fn check(tokenizer: &Tokenizer) -> Result<(), String> {
    let normalizer = json(tokenizer.get_normalizer());
    if !objects(&normalizer, "Precompiled").is_empty() {
        return Err("a normalizer is Precompiled: such tokenizers are not supported".to_owned());
    }
    let post_processor = json(tokenizer.get_post_processor());
    let templates = objects(&post_processor, "TemplateProcessing");
    templates.into_iter().try_for_each(check_template)
}

/// Whether the decoder takes something off the ends of texts, which none that are shorter may have.
pub(crate) fn decoder_cuts_ends(tokenizer: &Tokenizer) -> bool {
    let decoder = json(tokenizer.get_decoder());
    objects(&decoder, "Strip").iter().any(|it| it["stop"] != 0)
}

/// Whether everything is there of which a template makes a text's tokens.
fn check_template(template: &Value) -> Result<(), String> {
    let pieces = template["single"].as_array().into_iter().flatten();
    for piece in pieces {
        let special = &piece["SpecialToken"]["id"];
        if let Some(id) = special.as_str()
            && template["special_tokens"].get(id).is_none()
        {
            return Err(format!(
                "the post_processor adds {id:?}, which is not among its special_tokens"
            ));
        }
        if piece["Sequence"]["id"] == "B" {
            return Err("the post_processor's single has a second text in it".to_owned());
        }
    }
    Ok(())
}

fn json(part: Option<&impl Serialize>) -> Value {
    part.map_or(Value::Null, |part| {
        serde_json::to_value(part).unwrap_or_default()
    })
}

/// The objects of this type in a part and in the parts that it is made of.
fn objects<'a>(part: &'a Value, kind: &str) -> Vec<&'a Value> {
    let within = |parts: Vec<&'a Value>| {
        let objects = parts.into_iter().flat_map(|part| objects(part, kind));
        objects.collect()
    };
    match part {
        Value::Object(_) if part["type"] == kind => vec![part],
        Value::Object(entries) => within(entries.values().collect()),
        Value::Array(list) => within(list.iter().collect()),
        _ => Vec::new(),
    }
}
