//! Collects what is wrong with one file.

use crate::report::Problem;

/// A header of a hundred megabytes can hold two million bad entries; listing
/// more than this helps nobody and would cost more memory than the header.
const MOST: usize = 1000;

pub(super) struct Problems {
    file: String,
    list: Vec<Problem>,
    left_out: u64,
}

impl Problems {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            list: Vec::new(),
            left_out: 0,
        }
    }

    /// Something about one tensor.
    pub(super) fn of_tensor(&mut self, name: &str, place: String, what: String) {
        self.push(Some(name), place, what);
    }

    /// Something about the file as a whole.
    pub(super) fn of_file(&mut self, place: String, what: String) {
        self.push(None, place, what);
    }

    fn push(&mut self, tensor: Option<&str>, place: String, what: String) {
        if self.list.len() == MOST {
            self.left_out += 1;
            return;
        }
        self.list.push(Problem {
            file: self.file.clone(),
            tensor: tensor.map(str::to_owned),
            place: Some(place),
            what,
        });
    }

    /// The list, and where it was cut, one more that says how many were left out.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        if self.left_out > 0 {
            self.list.push(Problem {
                file: self.file,
                tensor: None,
                place: None,
                what: format!("{} more problems are not listed", self.left_out),
            });
        }
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_cut_and_says_so() {
        let mut problems = Problems::new("f");
        for i in 0..MOST + 5 {
            problems.of_tensor(&format!("t{i}"), "here".into(), "bad".into());
        }
        let list = problems.finish();
        assert_eq!(list.len(), MOST + 1);
        assert_eq!(list[MOST].what, "5 more problems are not listed");
    }
}
