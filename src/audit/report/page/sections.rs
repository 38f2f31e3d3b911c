//! The parts of the page that say what the data set is like: balance, splits, text, masks, provenance.

use super::album::Album;
use crate::audit::overview::{Class, Overview};
use crate::audit::report::{Report, plural};
use crate::measure::balance::{effective, imbalance};
use crate::render::chart::{self, Bar, Bin, Head, number, table};
use crate::render::page::escaped;

/// All of them, in their order.
pub(super) fn all(overview: &Overview, report: &Report, album: &Album<'_>) -> String {
    [
        section("balance", "Balance", &balance(overview)),
        section("splits", "Splits", &splits(overview)),
        section("text", "Text", &text(overview)),
        section("masks", "Masks", &masks(overview)),
        section("provenance", "Provenance", &provenance(report, album)),
    ]
    .concat()
}

fn section(id: &str, title: &str, body: &str) -> String {
    format!("<section id=\"{id}\"><h2>{title}</h2>\n{body}</section>\n")
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

fn balance(overview: &Overview) -> String {
    let classes = &overview.classes;
    if classes.is_empty() {
        return paragraph("No description means an object of these scans: there is nothing to count.");
    }
    let columns: [fn(&Class) -> u64; 3] =
        [|c| c.facts.objects, |c| c.facts.descriptions, |c| c.facts.vertices];
    let counts = columns.map(|of| classes.iter().map(of).collect::<Vec<u64>>());
    let names = ["objects", "descriptions", "points"];
    let of_part = |part| classes.iter().filter(|c| c.part == part).count();
    let effective = |i: usize| format!("{:.1}", effective(&counts[i]));
    let skew = imbalance(&counts[0].iter().map(|&n| n as f64).collect::<Vec<_>>());
    let mut html = paragraph(&format!(
        "{} of described objects: {} in the head (half of all objects), {} common, {} in the tail (the last tenth). \
         As varied as {} equally frequent classes by objects, {} by descriptions, {} by points. The most frequent \
         class has {} times the objects of the least.",
        if classes.len() == 1 { "1 class".to_owned() } else { format!("{} classes", classes.len()) },
        of_part("head"),
        of_part("common"),
        of_part("tail"),
        effective(0),
        effective(1),
        effective(2),
        number(skew),
    ));
    let rows: Vec<Bar<'_>> =
        classes.iter().map(|c| (c.name.as_str(), c.part, columns.map(|of| of(c) as f64).into())).collect();
    let head = Head {
        id: "classes",
        title: "Objects, descriptions and points by class",
        desc: "The most frequent classes of described objects on a logarithmic axis. The table has all.",
    };
    html += &chart::bars(head, &names, &rows, true);
    let curves: Vec<_> = names.iter().zip(&counts).map(|(name, counts)| (*name, lorenz(counts))).collect();
    let head = Head {
        id: "lorenz",
        title: "Lorenz curve",
        desc: "Which share of all the least frequent classes hold together. Were all classes alike, the lines would \
               lie on the dashed one.",
    };
    html + &chart::lines(head, ["share of classes", "share of all"], &curves)
}

/// The share of all that the least frequent classes hold, from none to all of the classes.
fn lorenz(counts: &[u64]) -> Vec<[f64; 2]> {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let all: u64 = sorted.iter().sum();
    let mut sum = 0;
    let points = sorted.iter().enumerate().map(|(i, n)| {
        sum += n;
        [(i + 1) as f64 / sorted.len() as f64, sum as f64 / all.max(1) as f64]
    });
    std::iter::once([0.0, 0.0]).chain(points).collect()
}

fn splits(overview: &Overview) -> String {
    let rows = overview.splits.iter().map(|s| {
        vec![s.name.clone(), number(s.scans as f64), number(s.rooms as f64), number(s.descriptions as f64)]
    });
    let mut html = table("splits", &["split", "scans", "rooms", "descriptions"], rows);
    let shared = overview.shared_rooms.iter().map(|(a, b, rooms)| {
        let mut named: Vec<&str> = rooms.iter().take(10).map(String::as_str).collect();
        if rooms.len() > named.len() {
            named.push("…");
        }
        vec![format!("{a} and {b}"), rooms.len().to_string(), named.join(", ")]
    });
    html += "<h3>Rooms in two splits</h3>\n";
    html += &if overview.shared_rooms.is_empty() {
        paragraph("There are no two splits to compare.")
    } else {
        table("rooms in two splits", &["splits", "rooms in both", ""], shared)
    };
    html += "<h3>Classes that train never shows</h3>\n";
    html += &if overview.unseen.is_empty() {
        paragraph("There is none, or no split called train.")
    } else {
        let rows = overview.unseen.iter().map(|u| {
            vec![u.split.clone(), u.class.clone(), number(u.objects as f64), number(u.descriptions as f64)]
        });
        table("classes that train never shows", &["split", "class", "objects", "descriptions"], rows)
    };
    if !overview.drifts.is_empty() {
        let rows: Vec<_> =
            overview.drifts.iter().map(|(split, d)| (split.as_str(), d.distance, d.chance)).collect();
        let outside: Vec<&str> = rows.iter().filter(|r| r.1 > r.2[1]).map(|r| r.0).collect();
        let verdict = if outside.is_empty() {
            "None is further from train than chance makes it.".to_owned()
        } else {
            format!("Further from train than chance makes it: {}.", outside.join(", "))
        };
        let desc = format!(
            "Jensen-Shannon distance of the class shares of described objects, and the interval that holds nine in \
             ten random splits of the same rooms. {verdict}"
        );
        let head = Head { id: "drift", title: "Drift from train", desc: &desc };
        html += &chart::intervals(head, "distance", &rows);
    }
    html
}

fn text(overview: &Overview) -> String {
    let all: u64 = overview.lengths.values().sum();
    if all == 0 {
        return paragraph("There is no description.");
    }
    let longest = overview.lengths.keys().next_back().copied().unwrap_or(0);
    let width = (longest / 60 + 1).max(if longest > 30 { 2 } else { 1 });
    let bins: Vec<Bin> = (0..=longest / width)
        .map(|k| (k * width, (k + 1) * width))
        .map(|(from, to)| (from as f64, to as f64, overview.lengths.range(from..to).map(|(_, n)| n).sum()))
        .collect();
    let cuts: Vec<(f64, String)> =
        overview.cuts.iter().map(|(at, who)| (f64::from(*at), format!("{at}: {}", who.join(", ")))).collect();
    let beyond = |limit: u32| -> u64 { overview.lengths.range(u64::from(limit) + 1..).map(|(_, n)| n).sum() };
    let lost: Vec<String> =
        overview.cuts.keys().map(|&at| format!("{} beyond {at}", number(beyond(at) as f64))).collect();
    let desc = format!(
        "Words of {}; lines where trainers cut, which count as it says. In words: {}.",
        plural(all, "description"),
        lost.join(", ")
    );
    let head = Head { id: "lengths", title: "Length of descriptions", desc: &desc };
    let mut html = chart::histogram(head, "words", &bins, &cuts, false);
    let share = |n: u64| n as f64 * 100.0 / all as f64;
    let rows: Vec<Bar<'_>> =
        overview.claims.iter().map(|(kind, n)| (spelled(kind), "", vec![share(*n)])).collect();
    let head = Head {
        id: "claims",
        title: "What descriptions claim",
        desc: "Share of descriptions, in per cent, that make each kind of claim: what a mirror (left and right), a change \
               of hue (colour), of scale (size) or a crop (order and number, the only one) could make false.",
    };
    html += &chart::bars(head, &["per cent"], &rows, false);
    html + &paragraph(&format!(
        "The same words twice: {} share their text with another of the same object, {} with one of another object.",
        plural(overview.repeated, "description"),
        plural(overview.shared_texts, "description"),
    ))
}

/// A kind of claim as people call it.
fn spelled(kind: &'static str) -> &'static str {
    match kind {
        "handed" => "left or right",
        "ordinal" => "order or number",
        "absolute" => "north, 9 o'clock",
        "unique" => "the only one",
        "superlative" => "the tallest",
        other => other,
    }
}

fn masks(overview: &Overview) -> String {
    if overview.foreground.is_empty() {
        return paragraph("No described object owns a vertex of these scans.");
    }
    // Four bins a decade, from a hundred thousandth to the whole.
    let edge = |k: i32| libm::pow(10.0, f64::from(k) / 4.0 - 5.0);
    let count = |from: f64, to: f64| {
        overview.foreground.iter().filter(|&&f| f >= from && (f < to || to >= 1.0)).count() as u64
    };
    let bins: Vec<Bin> = (0..20).map(|k| (edge(k), edge(k + 1), count(edge(k), edge(k + 1)))).collect();
    let first = bins.iter().position(|b| b.2 > 0).unwrap_or(0);
    let mut sorted = overview.foreground.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted[sorted.len() / 2];
    let desc = format!(
        "Share of its scan's points that the mask of each of {} has, on a logarithmic axis. The median is {:.4}: as \
         weights go, one point of the mask stands against {:.0} others.",
        plural(sorted.len() as u64, "described object"),
        middle,
        (1.0 - middle) / middle.max(1e-9)
    );
    let head = Head { id: "foreground", title: "Foreground ratio", desc: &desc };
    let mut html = chart::histogram(head, "share of points", &bins[first..], &[], true);
    let whole = overview.ceilings.iter().filter(|c| **c >= 1.0).count();
    let bins: Vec<Bin> = (0..10)
        .map(|k| (f64::from(k) / 10.0, f64::from(k + 1) / 10.0))
        .map(|(from, to)| {
            let n = overview.ceilings.iter().filter(|&&c| c >= from && (c < to || to >= 1.0)).count();
            (from, to, n as u64)
        })
        .collect();
    let desc = format!(
        "Best intersection over union that any set of superpoints has with the mask of a described object: no trainer \
         that pools over superpoints gets beyond it. {whole} of {} masks are made of whole superpoints.",
        overview.ceilings.len()
    );
    let head = Head { id: "ceilings", title: "Superpoint ceiling", desc: &desc };
    html += &chart::histogram(head, "intersection over union", &bins, &[], false);
    html
}

fn provenance(report: &Report, album: &Album<'_>) -> String {
    let meta = &report.meta;
    let whole =
        if meta.complete { "the whole data set" } else { "a part of the data set that was asked for" };
    let mut html = paragraph(&format!("{} {} looked at {whole}.", meta.tool, meta.version));
    html += "<h3>Inputs</h3>\n";
    let inputs = album.inputs.iter().map(|input| {
        vec![
            input.what.clone(),
            input.path.clone(),
            input.bytes.map_or_else(|| "cannot be read".into(), |n| number(n as f64)),
            input.digest.clone().unwrap_or_default(),
        ]
    });
    html += &table("inputs", &["what", "file", "bytes", "BLAKE3"], inputs);
    let scans = album.summary.scans.iter().map(|(id, facts)| {
        let split = album.catalogue.split_of(id).unwrap_or_default().to_owned();
        let counts = [facts.vertices, facts.faces, facts.objects, facts.descriptions];
        let findings: u64 = facts.findings.values().sum();
        [id.clone(), split]
            .into_iter()
            .chain(counts.iter().chain([&findings]).map(|n| number(*n as f64)))
            .chain([facts.geometry.clone()])
            .collect()
    });
    let head =
        ["scan", "split", "vertices", "faces", "objects", "descriptions", "findings", "digest of geometry"];
    html += &format!(
        "<details><summary>{}</summary>{}</details>\n",
        plural(album.summary.scans.len() as u64, "scan"),
        table("scans", &head, scans)
    );
    html += "<h3>Configuration</h3>\n";
    let settings = album.settings.iter().map(|(key, value)| vec![key.clone(), value.clone()]);
    let settings = table("configuration", &["key", "value"], settings);
    html += &format!("<details><summary>What the rules were told</summary>{settings}</details>\n");
    html += "<h3>Found, skipped and done without</h3>\n";
    if album.notes.is_empty() {
        return html + &paragraph("Everything that was looked for was there.");
    }
    let items =
        album.notes.iter().fold(String::new(), |list, note| list + "<li>" + &escaped(note) + "</li>\n");
    html + &format!("<ul>\n{items}</ul>\n")
}
