//! What day it is.

use std::time::{Duration, SystemTime};

use crate::audit::Day;
use crate::error::{Error, Kind, Result};

/// The day, in UTC: what `DATAPREP_TODAY` says, else the moment that `SOURCE_DATE_EPOCH` says, so
/// that runs can be reproduced; else the system's.
pub fn today() -> Result<Day> {
    let set =
        |name| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned()).filter(|v| !v.is_empty());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs);
    day_of(set("DATAPREP_TODAY").as_deref(), set("SOURCE_DATE_EPOCH").as_deref(), now)
}

fn day_of(today: Option<&str>, epoch: Option<&str>, now: u64) -> Result<Day> {
    let wrong = |name: &str, found: &str, expected: &str| {
        Error::new(Kind::Config, format!("{name} cannot be used")).expected(expected).found(found)
    };
    if let Some(today) = today {
        let written = today.parse::<toml::value::Datetime>().ok().filter(|day| day.time.is_none());
        let day = written.and_then(|day| day.date);
        return day.ok_or_else(|| wrong("DATAPREP_TODAY", today, "a day like 2026-01-31"));
    }
    let Some(epoch) = epoch else { return Ok(day_after(now)) };
    // The last second of the year 9999.
    let seconds = epoch.parse().ok().filter(|&s: &u64| s < 253_402_300_800);
    seconds.map(day_after).ok_or_else(|| wrong("SOURCE_DATE_EPOCH", epoch, "seconds since 1970"))
}

/// The day that is so many seconds after the start of 1970.
fn day_after(seconds: u64) -> Day {
    let leap = |year: u16| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut days, mut year) = (seconds / 86_400, 1970);
    while days >= 365 + u64::from(leap(year)) && year < 9999 {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    Day { year, month, day: days.min(30) as u8 + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_767_225_599, "2025-12-31"),
            (1_767_225_600, "2026-01-01"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
        ] {
            assert_eq!(day_of(None, Some(&seconds.to_string()), 5).unwrap().to_string(), day);
            assert_eq!(day_of(None, None, seconds).unwrap().to_string(), day);
        }
        day_after(u64::MAX);
    }

    #[test]
    fn what_is_set_wins_and_must_be_a_day() {
        assert_eq!(day_of(Some("2027-01-01"), Some("0"), 0).unwrap().to_string(), "2027-01-01");
        for wrong in ["yesterday", "2027-02-30", "2027-01-01T00:00:00", "10:00:00"] {
            assert!(day_of(Some(wrong), None, 0).is_err(), "{wrong}");
        }
        for wrong in ["-1", "253402300800", "soon"] {
            assert!(day_of(None, Some(wrong), 0).is_err(), "{wrong}");
        }
    }
}
