//! From a lattice that was found to what is said of it.

use super::draft::Draft;
use super::lattice::{self, Detour, Found, Portions, Search};
use super::levels::{Levels, Step, binary_grid, even_grid, handful, is_ramp, is_subnormal_f16};
use super::prose::{counted, decimal, grouped, percent};
use super::view::View;
use super::{Evidence, Fraction, Granularity, Label, Scale};

/// Codes of INT8.
const MOST_CODES: u64 = 256;

/// What the search for lattices has to say of a view.
pub(crate) struct Dequantised {
    /// The tensor, or a part of it, lies on a lattice.
    pub(crate) draft: Option<Draft>,
    /// Whether every lattice is excluded, and with power.
    pub(crate) is_excluded: bool,
}

/// Searches every lattice; `through_f16` also those whose values went through FP16 before
/// they were stored.
pub(crate) fn search(view: &View, through_f16: bool) -> Dequantised {
    let table = binary_grid(view);
    if let Some(small) = table.filter(Levels::is_small) {
        return found(few_levels(&small, view));
    }
    let short = lattice::search_powers_of_two(view);
    if let Some(short) = short.as_ref().filter(|short| short.is_whole()) {
        return found(lattice_draft(short));
    }
    if is_subnormal_f16(view) {
        return Dequantised {
            draft: None,
            is_excluded: false,
        };
    }
    let portions = Portions::new(view);
    let search = real_scales(&portions, through_f16);
    let is_excluded = search.is_excluded;
    if let Some(whole) = search.whole {
        let is_tensor = whole.granularity == Granularity::Tensor;
        // A table of integers, or groups of it, lie on lattices of integers as well.
        // A grid with more steps than a lattice has codes is there by its rounding.
        let is_table = |table: &Levels| match is_tensor {
            true => table.count <= MOST_CODES || table.odds >= whole.odds,
            false => whole.label == Label::Int8,
        };
        return found(match table.filter(is_table) {
            Some(table) => few_levels(&table, view),
            None if is_tensor && is_ramp(view) => ramp(view, &whole),
            None => lattice_draft(&whole),
        });
    }
    if let Some(levels) = table.or_else(|| handful(view)).or_else(|| even_grid(view)) {
        return found(few_levels(&levels, view));
    }
    if let Some(whole) = lattice::search_offsets(&portions) {
        return found(lattice_draft(&whole));
    }
    let part = short.or(search.part);
    Dequantised {
        draft: part.map(|part| mixture(&part)),
        is_excluded,
    }
}

/// Lattices with real scales, and those that were rounded to FP16 on the way where that
/// explains more groups.
fn real_scales(portions: &Portions, through_f16: bool) -> Search {
    let direct = lattice::search(portions, Detour::None);
    let share = direct.whole.as_ref().map_or(0.0, Found::share);
    if !through_f16 || share == 1.0 {
        return direct;
    }
    let detour = lattice::search(portions, Detour::ThroughF16);
    match &detour.whole {
        Some(whole) if whole.share() > share => detour,
        _ => direct,
    }
}

fn found(draft: Draft) -> Dequantised {
    Dequantised {
        draft: Some(draft),
        is_excluded: false,
    }
}

fn few_levels(levels: &Levels, view: &View) -> Draft {
    let says = match levels.step {
        Some(Step::Binary(step)) => format!(
            "Every value is an integer multiple of 2^{step}, up to {} of them: an integer grid.",
            grouped(levels.count)
        ),
        Some(Step::Real) => format!(
            "Every value is an integer multiple of one step, up to {} of them.",
            grouped(levels.count)
        ),
        None => format!(
            "The nonzero values have {}.",
            counted(levels.count, "magnitude", "different magnitudes")
        ),
    };
    let mut draft = Draft::new(Label::FewLevels);
    draft.odds = levels.odds;
    draft.fraction = Some(all_of(view));
    let evidence = Evidence::new("few_levels", view.cells.len() as u64, says);
    draft.with(evidence.chance(-levels.odds))
}

/// Every value that was looked at.
fn all_of(view: &View) -> Fraction {
    if view.is_complete {
        return Fraction::exact(1.0);
    }
    let looked_at = view.values() as usize;
    Fraction::of_sample(looked_at, looked_at)
}

fn ramp(view: &View, found: &Found) -> Draft {
    let levels = view.cells.len() as u64;
    let says = format!(
        "Every one of {} levels occurs equally often: a table, not weights.",
        grouped(levels)
    );
    let mut draft = Draft::new(Label::FewLevels);
    draft.odds = found.odds;
    draft.fraction = Some(all_of(view));
    draft.with(Evidence::new("few_levels", levels, says).chance(-found.odds))
}

fn lattice_draft(found: &Found) -> Draft {
    let mut draft = Draft::new(found.label);
    draft.granularity = Some(found.granularity);
    draft.scale = Some(found.scale);
    draft.odds = found.odds;
    // How offsets would be kept is not known, and neither what that would save.
    draft.is_exact = found.fitting == found.informative && !found.has_offset;
    draft.fraction = Some(match found.granularity {
        Granularity::Tensor => Fraction::exact(1.0),
        _ => Fraction::of_sample(found.fitting, found.informative),
    });
    draft.stops = stops(found);
    draft.blind_spots.push(
        "The groups of a large tensor are a sample; a scale that was merged into another shows as one.",
    );
    draft.with(evidence(found))
}

fn stops(found: &Found) -> Vec<&'static str> {
    let mut stops = vec![found.label.name()];
    if found.detour == Detour::ThroughF16 {
        stops.push("f16");
    }
    stops
}

fn evidence(found: &Found) -> Evidence {
    let says = format!(
        "{} of {} that can show it lie on the codes of {} with {}{}; chance would do that once in 10^{}.",
        percent(found.share()),
        counted(found.informative as u64, "group", "groups"),
        found.label.title(),
        scales(found),
        match found.detour {
            Detour::None => "",
            Detour::ThroughF16 => ", rounded to FP16 on the way",
        },
        decimal(found.odds, 0),
    );
    Evidence::new("lattice", found.informative as u64, says)
        .expected(1.0, found.share())
        .chance(-found.odds)
}

/// "one real scale for each row".
pub(crate) fn scales(found: &Found) -> String {
    let form = form(found.granularity, found.scale);
    match found.has_offset {
        true => form.replacen("scale", "scale and one offset", 1),
        false => form,
    }
}

/// How a granularity is said.
pub(crate) fn form(granularity: Granularity, scale: Scale) -> String {
    let kind = match scale {
        Scale::None => return "no scale".to_owned(),
        Scale::PowerOfTwo => "power-of-two",
        Scale::Real => "real",
    };
    let place = match granularity {
        Granularity::Element | Granularity::Tensor => "for the tensor".to_owned(),
        Granularity::Row => "for each row".to_owned(),
        Granularity::Column => "for each column".to_owned(),
        Granularity::Block(size) => format!("for each {size} values"),
        Granularity::Square(size) => format!("for each {size} × {size} square"),
    };
    format!("one {kind} scale {place}")
}

fn mixture(found: &Found) -> Draft {
    let mut draft = lattice_draft(found);
    draft.label = Label::Mixed;
    draft.stops.clear();
    let mut rows: Vec<u64> = found
        .rows
        .iter()
        .map(|(row, is_on)| row << 1 | u64::from(*is_on))
        .collect();
    rows.sort_unstable();
    let rows: Vec<bool> = rows
        .chunk_by(|a, b| a >> 1 == b >> 1)
        .map(|groups| groups.iter().map(|group| group & 1).sum::<u64>() * 2 > groups.len() as u64)
        .collect();
    let on = rows.iter().filter(|row| **row).count() as u64;
    let of = rows.len() as u64;
    draft.rows = vec![(Label::Native, of - on), (found.label, on)];
    let says = format!(
        "{} of {} that were looked at hold {} values with {}; the others do not.",
        grouped(on),
        counted(of, "row", "rows"),
        found.label.title(),
        scales(found)
    );
    draft.with(Evidence::new("rows", of, says))
}
