//! The plan in words: what a run will make, and how balanced it is.

use std::fmt::Write as _;
use std::path::Path;

use super::plural;
use crate::pipeline::{Config, Forecast, Plan};
use crate::write::{Balanced, ClassBalance, SplitBalance, TextCounts};

/// Classes shown of each split.
const CLASSES: usize = 8;

/// What a dry run prints, but for what is left out.
pub(super) fn plan(plan: &Plan, forecast: &Forecast, config: &Config, dir: &Path) -> String {
    let Forecast { scans, descriptions, rows, .. } = forecast;
    let mut out = format!("plan {}\n", plan.plan_id);
    let _ = writeln!(
        out,
        "  {} with {}, {}",
        plural(*scans, "scan"),
        plural(*descriptions, "description"),
        plural(*rows, "row")
    );
    let _ = writeln!(
        out,
        "  {}, at most {} (steps may remove some), in {}",
        plural(plan.units.len(), "shard"),
        plural(forecast.points, "point"),
        dir.display()
    );
    out += &sizes(forecast);
    for step in &config.steps {
        let _ = writeln!(out, "  step {} ({}), p = {}", step.id, step.op, step.p);
    }
    out += &text(forecast);
    out += &balance(&plan.balance, config);
    for unit in &plan.units {
        let _ = writeln!(out, "  {}: {}", unit.name, plural(unit.scans.len(), "scan"));
    }
    out
}

/// Bytes on disk, as configured and in each profile.
fn sizes(forecast: &Forecast) -> String {
    let (Some(sample), Some((chosen, size))) = (&forecast.measured_on, forecast.sizes.first()) else {
        return String::new();
    };
    let size = super::augment::bytes(*size);
    let mut out =
        format!("  on disk about {size} ({chosen}), by {sample} written for a trial; other profiles:");
    for (name, size) in forecast.sizes[1..].iter().filter(|(name, _)| name != chosen) {
        let _ = write!(out, " {} {},", name.trim_start_matches("profile "), super::augment::bytes(*size));
    }
    out.pop();
    out + "\n"
}

/// What the gate will do, and how sure that is.
fn text(forecast: &Forecast) -> String {
    let TextCounts { kept, adapted, dropped } = &forecast.text;
    let mut out =
        format!("  text: {kept} kept, {adapted} rewritten, {} left out", dropped.values().sum::<u64>());
    let reasons: Vec<String> = dropped.iter().map(|(why, n)| format!("{why} {n}")).collect();
    if !reasons.is_empty() {
        let _ = write!(out, " ({})", reasons.join(", "));
    }
    out += "; before the audit leaves any out\n";
    if !forecast.blind.is_empty() {
        let steps = forecast.blind.join(", ");
        let _ = writeln!(out, "    an estimate: what {steps} make of the scene may drop more");
    }
    out
}

/// Class counts and how even they are, before and after, by split.
pub(super) fn balance(balanced: &Balanced, config: &Config) -> String {
    let mut out = format!("  balance: {}", balanced.method);
    match balanced.method.as_str() {
        "none" => out.push('\n'),
        method => {
            let by = match method {
                "repeat-factor" => format!("threshold {}, ", config.balance.threshold),
                "effective-number" => format!("beta {}, ", config.balance.beta),
                _ => String::new(),
            };
            let _ = writeln!(out, " by {}, {by}clip {}", balanced.level, config.balance.clip);
        }
    }
    for (name, split) in &balanced.splits {
        out += &split_words(name, split);
    }
    out
}

fn split_words(name: &str, split: &SplitBalance) -> String {
    let SplitBalance { before, after, classes } = split;
    if classes.is_empty() {
        return format!("    {name}: no description\n");
    }
    let changed = classes.values().any(|c| c.rows != c.rows_before || (c.weight - 1.0).abs() > 1e-9);
    let pair = |b: String, a: String| if changed { format!("{b} -> {a}") } else { b };
    let mut out = format!("    {name}: {}", plural(classes.len(), "class"));
    let _ = write!(out, ", rows with a sentence {}", pair(before.rows.to_string(), after.rows.to_string()));
    let ratio = |v: f64| format!("{v:.1}");
    let share = |v: f64| format!("{:.0} %", 100.0 * v);
    let _ = write!(out, ", imbalance {}", pair(ratio(before.imbalance), ratio(after.imbalance)));
    let (b, a) = (ratio(before.effective_classes), ratio(after.effective_classes));
    let _ = write!(out, ", effective classes {}", pair(b, a));
    let (b, a) = (share(before.effective_samples), share(after.effective_samples));
    let _ = writeln!(out, ", effective sample size {}", pair(b, a));
    let mut order: Vec<(&String, &ClassBalance)> = classes.iter().collect();
    order.sort_by_key(|(name, c)| (std::cmp::Reverse(c.rows_before), *name));
    let shown = order.iter().take(CLASSES).map(|(name, c)| {
        let weight = if (c.weight - 1.0).abs() > 1e-9 && c.rows > 0 {
            format!(" x {:.2}", c.weight)
        } else {
            String::new()
        };
        format!("{name} {}{weight}", pair(c.rows_before.to_string(), c.rows.to_string()))
    });
    let more =
        if order.len() > CLASSES { format!(", and {} more", order.len() - CLASSES) } else { String::new() };
    let _ = writeln!(out, "      {}{more}", shown.collect::<Vec<_>>().join(", "));
    if after.effective_samples < 0.3 {
        out += "      few descriptions carry nearly all weight: take a smaller clip, or coarser names\n";
    }
    out
}
