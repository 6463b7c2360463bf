//! Module patterns: tensors that differ in their layer's number only.

/// The name with every part that is a number replaced by `*`.
///
/// `model.layers.12.mlp.up_proj.weight` becomes `model.layers.*.mlp.up_proj.weight`.
pub fn pattern_of(name: &str) -> String {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = name
        .split('.')
        .map(|part| if is_number(part) { "*" } else { part })
        .collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::pattern_of;

    #[test]
    fn numbers_become_stars() {
        assert_eq!(
            pattern_of("model.layers.12.mlp.up_proj.weight"),
            "model.layers.*.mlp.up_proj.weight"
        );
        assert_eq!(pattern_of("h.0.experts.7.w1"), "h.*.experts.*.w1");
        assert_eq!(pattern_of("conv2d.weight"), "conv2d.weight");
        assert_eq!(pattern_of(""), "");
    }
}
