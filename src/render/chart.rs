//! Charts as SVG, each with a title, a description and the table behind it. Colours come from the
//! page's style, so that they follow light and dark.

use super::page::escaped;

const WIDTH: f64 = 640.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 56.0;
/// Rows that a chart of bars shows; its table has all.
const MOST_BARS: usize = 30;

/// What a chart is called.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Name of the chart inside its page, of letters only.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// What can be seen in it, in a sentence or two.
    pub desc: &'a str,
}

/// A row of bars: its name, the group that it is in, and a value for each series.
pub type Bar<'a> = (&'a str, &'a str, Vec<f64>);

/// Bars that grow to the right, the first rows of many, on an axis that is logarithmic if `log`.
pub fn bars(head: Head<'_>, series: &[&str], rows: &[Bar<'_>], log: bool) -> String {
    let shown = &rows[..rows.len().min(MOST_BARS)];
    let step = 8.0 * series.len() as f64 + 8.0;
    let top = 8.0;
    let bottom = top + step * shown.len() as f64;
    let most = shown.iter().flat_map(|r| &r.2).copied().fold(0.0, f64::max);
    let axis = Axis::new(0.0, most, log, [LEFT, WIDTH - RIGHT]);
    let mut svg = axis.ticks(top, bottom);
    let mut group = "";
    for (i, (name, of, values)) in shown.iter().enumerate() {
        let y = top + step * i as f64;
        if *of != group {
            group = of;
            svg += &format!(
                "<path class=\"band\" d=\"M0 {y:.1}H{WIDTH}\"/>{}",
                label(0.0, y + 9.0, "band", "start", of)
            );
        }
        svg += &label(LEFT - 6.0, y + step / 2.0 + 3.0, "", "end", &short(name, 22));
        for (s, &value) in values.iter().enumerate() {
            let (y, end) = (y + 4.0 + 8.0 * s as f64, axis.at(value));
            let width = (end - LEFT).max(if value > 0.0 { 1.5 } else { 0.0 });
            svg += &format!(
                "<rect class=\"s{s}\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"7\"/>"
            );
            if series.len() == 1 {
                svg += &label(end + 4.0, y + 7.0, "", "start", &number(value));
            }
        }
    }
    let names: Vec<&str> = ["", "group"].into_iter().chain(series.iter().copied()).collect();
    let table = rows.iter().map(|(name, group, values)| {
        [(*name).to_owned(), (*group).to_owned()]
            .into_iter()
            .chain(values.iter().map(|v| number(*v)))
            .collect()
    });
    figure(head, &legend(series), bottom + 20.0, &svg, &names, table)
}

/// A bar of a histogram: from, to, how many.
pub type Bin = (f64, f64, u64);

/// Upright bars over a range, with lines where something is cut: at a value, with a name.
pub fn histogram(head: Head<'_>, unit: &str, bins: &[Bin], cuts: &[(f64, String)], log: bool) -> String {
    let (top, bottom, left) = (14.0 + 11.0 * cuts.len() as f64, 190.0 + 11.0 * cuts.len() as f64, 44.0);
    let ends = bins.first().zip(bins.last()).map_or((0.0, 1.0), |(a, b)| (a.0, b.1));
    let last = cuts.iter().map(|c| c.0).fold(ends.1, f64::max);
    let across = Axis::new(ends.0, last, log, [left, WIDTH - 20.0]);
    let most = bins.iter().map(|b| b.2).max().unwrap_or(0).max(1) as f64;
    let up = Axis::new(0.0, most, false, [bottom, top]);
    let mut svg = across.ticks(top, bottom);
    svg += &label(left - 6.0, top + 4.0, "", "end", &number(most));
    for &(from, to, n) in bins {
        let (x, end, y) = (across.at(from), across.at(to), up.at(n as f64));
        let width = (end - x - 1.0).max(1.0);
        svg += &format!(
            "<rect class=\"s0\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>",
            bottom - y
        );
    }
    for (i, (at, name)) in cuts.iter().enumerate() {
        let (x, y) = (across.at(*at), 10.0 + 11.0 * i as f64);
        let (anchor, dx) = if x > WIDTH * 0.6 { ("end", -4.0) } else { ("start", 4.0) };
        svg += &format!("<path class=\"cut\" d=\"M{x:.1} {:.1}V{bottom}\"/>", y - 8.0);
        svg += &label(x + dx, y, "cut", anchor, name);
    }
    svg += &label(WIDTH - 20.0, bottom + 32.0, "", "end", unit);
    let table = bins.iter().map(|&(from, to, n)| vec![number(from), number(to), n.to_string()]);
    figure(head, "", bottom + 38.0, &svg, &["from", "to", "how many"], table)
}

/// A curve: its name and its points.
pub type Curve<'a> = (&'a str, Vec<[f64; 2]>);

/// Lines from (0, 0) to (1, 1), beside the diagonal.
pub fn lines(head: Head<'_>, axes: [&str; 2], curves: &[Curve<'_>]) -> String {
    let (top, bottom, left) = (8.0, 300.0, 60.0);
    let across = Axis::new(0.0, 1.0, false, [left, left + 400.0]);
    let up = Axis::new(0.0, 1.0, false, [bottom, top]);
    let mut svg = across.ticks(top, bottom);
    svg += &format!("<path class=\"even\" d=\"M{left} {bottom}L{} {top}\"/>", left + 400.0);
    for (s, (_, points)) in curves.iter().enumerate() {
        let path: Vec<String> =
            points.iter().map(|[x, y]| format!("{:.1} {:.1}", across.at(*x), up.at(*y))).collect();
        svg += &format!("<path class=\"line l{s}\" d=\"M{}\"/>", path.join("L"));
    }
    svg += &label(left + 400.0, bottom + 32.0, "", "end", axes[0]);
    svg += &label(left + 6.0, top + 10.0, "", "start", axes[1]);
    let names: Vec<&str> = curves.iter().map(|c| c.0).collect();
    let table = curves.iter().flat_map(|(name, points)| {
        // Every tenth of the way is enough to read.
        let tenth = (points.len() / 10).max(1);
        let picked = points.iter().enumerate().filter(move |(i, _)| i % tenth == 0 || i + 1 == points.len());
        picked.map(|(_, [x, y])| vec![(*name).to_owned(), number(*x), number(*y)])
    });
    figure(head, &legend(&names), bottom + 38.0, &svg, &["", axes[0], axes[1]], table)
}

/// A measured value and the interval in which chance would put it.
pub type Interval<'a> = (&'a str, f64, [f64; 2]);

/// Points beside the bands in which chance would put them.
pub fn intervals(head: Head<'_>, unit: &str, rows: &[Interval<'_>]) -> String {
    let (top, step) = (8.0, 26.0);
    let bottom = top + step * rows.len() as f64;
    let most = rows.iter().map(|r| r.1.max(r.2[1])).fold(0.0, f64::max);
    let axis = Axis::new(0.0, most, false, [LEFT, WIDTH - RIGHT]);
    let mut svg = axis.ticks(top, bottom);
    for (i, (name, value, [low, high])) in rows.iter().enumerate() {
        let y = top + step * (i as f64 + 0.5);
        let (from, to) = (axis.at(*low), axis.at(*high));
        svg += &label(LEFT - 6.0, y + 4.0, "", "end", &short(name, 22));
        svg += &format!(
            "<rect class=\"chance\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"12\"/>\
             <circle class=\"s0\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"5\"/>",
            y - 6.0,
            (to - from).max(1.0),
            axis.at(*value)
        );
    }
    svg += &label(WIDTH - RIGHT, bottom + 32.0, "", "end", unit);
    let table = rows.iter().map(|(name, value, [low, high])| {
        [(*name).to_owned()].into_iter().chain([value, low, high].map(|v| number(*v))).collect()
    });
    figure(head, "", bottom + 38.0, &svg, &["", "measured", "chance from", "to"], table)
}

struct Axis {
    from: f64,
    to: f64,
    log: bool,
    pixels: [f64; 2],
}

impl Axis {
    fn new(from: f64, to: f64, log: bool, pixels: [f64; 2]) -> Self {
        // A log axis begins below one, so that one can be seen.
        let from = if log && from <= 0.0 { 0.7 } else { from };
        let to = if to.is_finite() && to > from { to } else { from + 1.0 };
        Self { from, to, log, pixels }
    }

    fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            libm::log(value.max(self.from) / self.from) / libm::log(self.to / self.from)
        } else {
            (value - self.from) / (self.to - self.from)
        };
        self.pixels[0] + share.clamp(0.0, 1.0) * (self.pixels[1] - self.pixels[0])
    }

    /// Upright lines with numbers below.
    fn ticks(&self, top: f64, bottom: f64) -> String {
        let mut values = Vec::new();
        if self.log {
            let decades =
                libm::ceil(libm::log10(self.from)) as i32..=libm::floor(libm::log10(self.to)) as i32;
            values.extend(decades.map(|e| libm::pow(10.0, f64::from(e))));
        } else {
            let rough = (self.to - self.from) / 5.0;
            let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
            let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough);
            let step = step.unwrap_or(rough);
            let first = libm::ceil(self.from / step - 1e-9);
            values.extend(
                (0..=10).map(|k| (first + f64::from(k)) * step).filter(|v| *v <= self.to * (1.0 + 1e-9)),
            );
        }
        let tick = |value: f64| {
            let x = self.at(value);
            format!("<path class=\"grid\" d=\"M{x:.1} {top:.1}V{bottom:.1}\"/>")
                + &label(x, bottom + 14.0, "", "middle", &number(value))
        };
        values.into_iter().map(tick).collect()
    }
}

fn label(x: f64, y: f64, class: &str, anchor: &str, text: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("<text{class} x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escaped(text))
}

fn legend(series: &[&str]) -> String {
    if series.len() < 2 {
        return String::new();
    }
    let item = |(s, name): (usize, &&str)| format!("<span class=\"k{s}\">{}</span>", escaped(name));
    format!("<p class=\"legend\">{}</p>", series.iter().enumerate().map(item).collect::<String>())
}

/// The first letters of a long name.
fn short(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}

/// A number as people write it.
pub fn number(value: f64) -> String {
    let size = libm::fabs(value);
    if size >= 1e6 {
        format!("{:.1} M", value / 1e6)
    } else if value == libm::trunc(value) {
        let digits = format!("{size:.0}");
        let mut grouped = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        if value < 0.0 { format!("-{grouped}") } else { grouped }
    } else if size < 0.0095 {
        format!("{value:.4}")
    } else if size < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}

/// A table that can be scrolled sideways, with its name for those who do not see it.
pub fn table(name: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| {
        cells.fold(String::new(), |row, cell| {
            row + "<" + tag + ">" + &escaped(cell) + "</" + tag.split(' ').next().unwrap_or(tag) + ">"
        })
    };
    let mut html = format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table><thead><tr>{}</tr></thead><tbody>\n",
        escaped(name),
        cells("th scope=\"col\"", &mut head.iter().copied())
    );
    for row in rows {
        html += &format!("<tr>{}</tr>\n", cells("td", &mut row.iter().map(String::as_str)));
    }
    html + "</tbody></table></div>"
}

fn figure(
    Head { id, title, desc }: Head<'_>,
    legend: &str,
    height: f64,
    svg: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let (title, desc) = (escaped(title), escaped(desc));
    format!(
        "<figure class=\"chart\"><figcaption>{title}</figcaption>{legend}\
         <svg role=\"img\" aria-labelledby=\"{id}-t {id}-d\" viewBox=\"0 0 {WIDTH} {height:.0}\">\
         <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{desc}</desc>{svg}</svg>\
         <p class=\"soft\">{desc}</p><details><summary>Table</summary>{}</details></figure>\n",
        table(&format!("table: {title}"), columns, rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head<'_> = Head { id: "c", title: "<Objects> & classes", desc: "\"Chairs\" lead." };

    fn parsed(html: &str) -> String {
        // A reader of XML finds what browsers mend quietly.
        uppsala::parse(html).unwrap_or_else(|e| panic!("{e}\n{html}"));
        html.to_owned()
    }

    #[test]
    fn charts_are_well_formed_whatever_they_are_called_and_have_a_table() {
        let evil = "<b a='1'>\"x\"</b>\0";
        let rows = [(evil, "head", vec![1000.0, 3.0]), ("lamp", "tail", vec![1.0, 0.0])];
        let bars = parsed(&bars(HEAD, &["objects", evil], &rows, true));
        assert!(
            bars.contains("<td>1,000</td>")
                && bars.contains("class=\"s1\"")
                && bars.contains("class=\"band\"")
        );
        let bins = [(0.0, 10.0, 3), (10.0, 20.0, 0)];
        let cuts = [(50.0, evil.to_owned())];
        let histogram = parsed(&histogram(HEAD, "words", &bins, &cuts, false));
        assert!(histogram.contains("class=\"cut\"") && histogram.contains("<td>20</td><td>0</td>"));
        let lines = parsed(&lines(HEAD, ["a", "b"], &[("x", vec![[0.0, 0.0], [1.0, 1.0]]), ("y", vec![])]));
        assert!(lines.contains("class=\"line l0\""));
        parsed(&intervals(HEAD, "distance", &[(evil, 0.3, [0.1, 0.2])]));
        for html in [super::bars(HEAD, &["n"], &[], true), super::histogram(HEAD, "x", &[], &[], true)] {
            assert!(!parsed(&html).contains("NaN"));
        }
        assert!(bars.contains("role=\"img\" aria-labelledby=\"c-t c-d\"") && !bars.contains("style="));
    }

    #[test]
    fn a_log_axis_gives_each_decade_as_much_room() {
        let axis = Axis::new(1.0, 100.0, true, [0.0, 200.0]);
        assert_eq!([1.0, 10.0, 100.0, 0.0].map(|v| axis.at(v).round()), [0.0, 100.0, 200.0, 0.0]);
        let flat = Axis::new(0.0, 0.0, false, [0.0, 10.0]);
        assert!(flat.at(0.0).is_finite());
        assert_eq!(
            [1234.0, 0.5, 12.34, 2.5e6, -1000.0, 0.001].map(number),
            ["1,234", "0.50", "12.3", "2.5 M", "-1,000", "0.0010"]
        );
    }
}
