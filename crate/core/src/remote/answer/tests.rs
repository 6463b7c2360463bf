//! What servers say, and what of it is believed.

use super::*;

const ASKED: Asked = Asked {
    range: 100..200,
    has_token: false,
};

fn part(content_range: &str) -> Answer {
    Answer {
        status: 206,
        content_range: Some(content_range.to_owned()),
        etag: Some("\"a\"".to_owned()),
        ..Answer::default()
    }
}

fn trouble(answer: &Answer, known: &mut Known) -> Trouble {
    answer.judge(&ASKED, known).expect_err("it is refused")
}

#[test]
fn a_part_tells_length_and_version_and_these_must_stay() {
    let mut known = Known::default();
    assert_eq!(part("bytes 100-199/1000").judge(&ASKED, &mut known), Ok(()));
    assert_eq!(known.bytes, Some(1000));
    // A part that ends early is read on.
    assert_eq!(part("bytes 100-150/1000").judge(&ASKED, &mut known), Ok(()));
    assert_eq!(part("bytes 100-199/*").judge(&ASKED, &mut known), Ok(()));
    let longer = trouble(&part("bytes 100-199/1001"), &mut known);
    assert!(
        longer.what.contains("had 1000 bytes and now has 1001"),
        "{longer:?}"
    );
    let mut other = part("bytes 100-199/1000");
    other.etag = Some("\"b\"".to_owned());
    assert!(trouble(&other, &mut known).what.contains("ETag"));
}

#[test]
fn headers_that_may_not_be_seen_are_done_without() {
    let hidden = Answer {
        status: 206,
        ..Answer::default()
    };
    let mut known = Known::default();
    assert_eq!(hidden.judge(&ASKED, &mut known), Ok(()));
    assert_eq!(known, Known::default());
}

#[test]
fn answers_that_are_not_the_range_are_refused() {
    for (text, says) in [
        (
            "bytes 0-99/1000",
            "sent bytes 0 to 100 when asked for 100 to 200",
        ),
        ("bytes 100-200/1000", "sent bytes 100 to 201"),
        ("bytes 100-1000/1000", "makes no sense"),
        ("bytes */1000", "makes no sense"),
        ("lines 1-2/3", "makes no sense"),
    ] {
        let refused = trouble(&part(text), &mut Known::default());
        assert!(
            refused.what.contains(says) && refused.again.is_none(),
            "{refused:?}"
        );
    }
    let whole = Answer {
        status: 200,
        content_length: Some(1000),
        ..Answer::default()
    };
    assert!(
        trouble(&whole, &mut Known::default())
            .what
            .contains("does not send parts")
    );
    let all = Asked {
        range: 0..1000,
        has_token: false,
    };
    assert_eq!(whole.judge(&all, &mut Known::default()), Ok(()));
}

#[test]
fn refusals_say_what_to_do() {
    let refused = |status, has_token, retry_after: Option<&str>| {
        let answer = Answer {
            status,
            retry_after: retry_after.map(str::to_owned),
            ..Answer::default()
        };
        let asked = Asked { has_token, ..ASKED };
        answer
            .judge(&asked, &mut Known::default())
            .expect_err("a refusal")
    };
    assert!(refused(401, false, None).what.contains("without a token"));
    assert!(refused(403, true, None).what.contains("does not allow"));
    assert_eq!(refused(404, false, None).again, None);
    assert_eq!(refused(429, false, Some("7")).again, Some(Some(7000)));
    assert_eq!(refused(503, false, Some("Fri, 1 Jan")).again, Some(None));
    assert!(
        refused(416, false, None)
            .what
            .contains("ends before byte 200")
    );
}

#[test]
fn a_web_page_in_place_of_a_file_is_told_by_its_type_or_by_its_bytes() {
    let whole = |content_type: &str| Answer {
        status: 200,
        content_length: Some(1000),
        content_type: Some(content_type.to_owned()),
        ..Answer::default()
    };
    for content_type in ["text/html", "Text/HTML; charset=utf-8"] {
        let refused = trouble(&whole(content_type), &mut Known::default());
        assert_eq!(refused, Trouble::for_good(WEB_PAGE));
    }
    let other = trouble(&whole("text/html-like"), &mut Known::default());
    assert!(other.what.contains("does not send parts"), "{other:?}");
    // A server that does not know the type of a checkpoint.
    let mut misnamed = part("bytes 100-199/1000");
    misnamed.content_type = Some("text/html".to_owned());
    assert_eq!(misnamed.judge(&ASKED, &mut Known::default()), Ok(()));
    let page = judge_beginning(b"<!doctype html><title>A model</title>");
    assert_eq!(page, Err(Trouble::for_good(WEB_PAGE)));
    for file in [b"\x02\0\0\0\0\0\0\0{}".as_slice(), b"GGUF", b""] {
        assert_eq!(judge_beginning(file), Ok(()));
    }
}

#[test]
fn a_file_without_bytes_is_empty_as_one_of_this_machine_is() {
    let says = crate::Error::Empty {
        file: String::new(),
    }
    .what();
    let refused = |start, answer: &Answer, bytes| {
        let asked = Asked {
            range: start..start + 100,
            has_token: false,
        };
        let mut known = Known {
            bytes,
            version: None,
        };
        answer.judge(&asked, &mut known).expect_err("no byte").what
    };
    let of_status = |status, content_range: Option<&str>| Answer {
        status,
        content_range: content_range.map(str::to_owned),
        ..Answer::default()
    };
    let whole = Answer {
        content_length: Some(0),
        ..of_status(200, None)
    };
    for (start, answer) in [
        (0, of_status(416, None)),
        (0, of_status(416, Some("bytes */0"))),
        (100, of_status(416, Some("bytes */0"))),
        (0, whole),
    ] {
        assert_eq!(refused(start, &answer, None), says, "{answer:?}");
        let changed = refused(start, &answer, Some(7));
        assert!(changed.contains("had 7 bytes and now has 0"), "{changed}");
    }
    // A server that refuses what goes past the end.
    let strict = refused(0, &of_status(416, Some("bytes */50")), None);
    assert!(strict.contains("ends before byte 100"), "{strict}");
}
