//! Parses durations on the command line.

/// Parses a duration of whole seconds, at least one: `60`, `90s`, `10m`, `1h`.
pub fn seconds(text: &str) -> Result<u64, String> {
    let (number, factor) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        _ => (text, 1),
    };
    match number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
    {
        Some(seconds @ 1..) => Ok(seconds),
        _ => Err("write a time such as 90s, 10m or 1h".to_owned()),
    }
}

/// Like [`seconds`], with an upper limit.
pub fn seconds_up_to(most: u64) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| match seconds(text)? {
        more if more > most => Err(format!("at most {most} s")),
        few => Ok(few),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_its_unit_and_without() {
        let read = ["60", "60s", "10m", "1h"].map(|text| seconds(text).expect("a time"));
        assert_eq!(read, [60, 60, 600, 3600]);
        for wrong in [
            "",
            "s",
            "0",
            "0m",
            "1.5s",
            "-3",
            "10 m",
            "5d",
            "18446744073709551615h",
            "\u{b5}s",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(
            [seconds_up_to(60)("1m"), seconds_up_to(60)("61s")],
            [Ok(60), Err("at most 60 s".to_owned())]
        );
    }
}
