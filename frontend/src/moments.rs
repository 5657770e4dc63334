//! Points in time as people say them, in the device's own time zone.

use crate::{browser, texts};
use leptos::leptos_dom::helpers::set_interval_with_handle;
use leptos::prelude::*;
use std::time::Duration;
use umbrachat_protocol::Timestamp;

const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// Which day it is. Night owls see it change.
#[derive(Clone, Copy)]
pub(crate) struct Today(RwSignal<i64>);

impl Today {
    /// Keeps up with the calendar for as long as the owner of what is shown lives.
    pub(crate) fn watch() -> Self {
        let today = RwSignal::new(day_of(browser::now()));
        let look = move || {
            let now = day_of(browser::now());
            if today.get_untracked() != now {
                today.set(now);
            }
        };
        if let Ok(handle) = set_interval_with_handle(look, Duration::from_secs(30)) {
            on_cleanup(move || handle.clear());
        }
        Self(today)
    }

    pub(crate) fn is(self, time: Timestamp) -> bool {
        self.0.get() == day_of(time)
    }

    /// Such as "Today", or "Monday, 23 November".
    pub(crate) fn name_of(self, time: Timestamp) -> String {
        match self.0.get() - day_of(time) {
            0 => texts::t!(today).to_owned(),
            1 => texts::t!(yesterday).to_owned(),
            2..=180 => {
                browser::format_date(time, &[("weekday", "long"), ("day", "numeric"), ("month", "long")])
            }
            _ => browser::format_date(time, &[("day", "numeric"), ("month", "long"), ("year", "numeric")]),
        }
    }

    /// Such as "Yesterday, 21:04".
    pub(crate) fn with_clock(self, time: Timestamp) -> String {
        format!("{}, {}", self.name_of(time), clock(time))
    }

    /// As short as it can be said: the hour today, the weekday this week, the date before.
    pub(crate) fn shortly(self, time: Timestamp) -> String {
        match self.0.get() - day_of(time) {
            0 => clock(time),
            1 => texts::t!(yesterday).to_owned(),
            2..=6 => browser::format_date(time, &[("weekday", "short")]),
            7..=180 => browser::format_date(time, &[("day", "numeric"), ("month", "short")]),
            _ => browser::format_date(time, &[("day", "numeric"), ("month", "short"), ("year", "2-digit")]),
        }
    }
}

/// Such as "21:04".
pub(crate) fn clock(time: Timestamp) -> String {
    browser::format_date(time, &[("hour", "numeric"), ("minute", "2-digit")])
}

/// Such as "23 November 2026".
pub(crate) fn date(time: Timestamp) -> String {
    browser::format_date(time, &[("day", "numeric"), ("month", "long"), ("year", "numeric")])
}

/// Such as "23 Nov 2026, 21:04".
pub(crate) fn date_and_clock(time: Timestamp) -> String {
    browser::format_date(time, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

/// When a day begins that is written as fields for dates do, such as "2026-11-23".
pub(crate) fn beginning_of(day: &str) -> Option<Timestamp> {
    let mut parts = day.split('-').map(|part| part.parse::<i32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let date = js_sys::Date::new_with_year_month_day(u32::try_from(year).ok()?, month - 1, day);
    let milliseconds = date.get_time();
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit in an i64")]
    milliseconds.is_finite().then_some(Timestamp(milliseconds as i64 * 1_000))
}

/// The day of a moment, written as fields for dates do.
pub(crate) fn day_for_field(time: Timestamp) -> String {
    let date = browser::local_date(time);
    format!("{:04}-{:02}-{:02}", date.get_full_year(), date.get_month() + 1, date.get_date())
}

/// Numbers the days of the device's calendar.
pub(crate) fn day_of(time: Timestamp) -> i64 {
    let date = browser::local_date(time);
    let local = date.get_time() - date.get_timezone_offset() * 60_000.0;
    #[expect(clippy::cast_possible_truncation, reason = "the number of days since 1970 fits")]
    let day = (local / MILLISECONDS_A_DAY).floor() as i64;
    day
}
