//! When to ask again after a failure.

/// The first wait.
const FIRST_MS: u64 = 500;
/// The longest wait, whatever the server says: a person is waiting, too.
const LONGEST_MS: u64 = 60_000;
/// Failures in a row, with not one byte in between, after which a request is given up.
const MOST_FAILURES: u32 = 6;

/// How long to wait after so many failures in a row, the first one being 1; `None` when to give up. It doubles
/// each time; `spread` is any number, so that requests that failed together don't come back together.
pub fn delay_ms(failures: u32, server_says_ms: Option<u64>, spread: u64) -> Option<u64> {
    if failures >= MOST_FAILURES {
        return None;
    }
    let usual = FIRST_MS << failures.saturating_sub(1);
    let wait = usual.max(server_says_ms.unwrap_or(0)).min(LONGEST_MS);
    Some(wait + spread % (wait / 4 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<Option<u64>> = (1..=6)
            .map(|failures| delay_ms(failures, None, 0))
            .collect();
        let expected = [
            Some(500),
            Some(1000),
            Some(2000),
            Some(4000),
            Some(8000),
            None,
        ];
        assert_eq!(waits, expected);
        assert_eq!(delay_ms(1, Some(7000), 0), Some(7000));
        assert_eq!(delay_ms(1, Some(u64::MAX), 0), Some(60_000));
        let spread = delay_ms(1, None, u64::MAX).expect("a wait");
        assert!((500..=625).contains(&spread), "{spread}");
    }
}
