//! Markdown for `$GITHUB_STEP_SUMMARY` and pull requests.

use std::io::{self, Write};

use super::{Cause, Report, plural};
use crate::audit::finding::Finding;
use crate::audit::rules;

/// Bytes of a page at most, its end included: GitHub drops a step's summary above 1,024 KiB.
pub const MOST_BYTES: usize = 1_000_000;

/// Bytes kept free for the end of a page that is cut.
const END: usize = 500;

/// Verdict, a table of causes, and for each cause why it matters, what to do and at most `most`
/// findings. What does not fit into [`MOST_BYTES`] is left out, and the page says so. Findings of a
/// baseline and suppressed ones are left out of the details.
pub fn markdown(report: &Report, most: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::default();
    page.add(&format!("## dataprep audit\n\n**{}**\n\n", escape(&report.summary.verdict)));
    page.add(&format!("{}\n\n", report.footer()));
    if !report.causes.is_empty() {
        page.add("| severity | rule | what is wrong | findings | scans | descriptions |\n");
        page.add("|---|---|---|---:|---:|---:|\n");
    }
    for c in &report.causes {
        let Cause { code, name, severity, findings, scans, descriptions, .. } = c;
        let sentence = escape(&c.sentence);
        page.add(&format!(
            "| {severity} | {code} {name} | {sentence} | {findings} | {scans} | {descriptions} |\n"
        ));
    }
    let mut told = 0_u64;
    for cause in &report.causes {
        told += details(&mut page, report, cause, most);
    }
    if page.cut {
        let untold = report.fresh().count() as u64 - told;
        page.text += &format!(
            "\n**This page was cut: it would be longer than GitHub takes. {} not shown; \
             the JSON report has all.**\n",
            plural(untold, "finding") + if untold == 1 { " is" } else { " are" }
        );
    }
    out.write_all(page.text.as_bytes())
}

/// The findings of a cause, folded; says how many were told.
fn details(page: &mut Page, report: &Report, cause: &Cause, most: usize) -> u64 {
    let (severity, code, name) = (cause.severity, &cause.code, &cause.name);
    let mut head = format!("\n<details><summary>{severity} <b>{code}</b> {name}</summary>\n\n");
    if let Some(rule) = rules::find(code) {
        head += &format!("*Why it matters*: {}\n\n", rule.meta().section("Why it matters"));
        head += &format!("*How to fix*: {}\n\n", rule.meta().section("How to fix"));
    }
    let findings: Vec<&Finding> = report.findings_of(cause).filter(|f| f.is_fresh()).collect();
    if findings.is_empty() || !page.add(&head) {
        return 0;
    }
    let mut told = 0;
    for finding in findings.iter().take(most) {
        told += u64::from(page.add(&item(finding)));
    }
    let more = findings.len().saturating_sub(most);
    if more > 0 {
        page.add(&format!("- … and {more} more (--max-findings 0 shows all)\n"));
    }
    page.text += "\n</details>\n";
    told
}

fn item(f: &Finding) -> String {
    let code = |text: String| format!("<code>{}</code>", escape(&text));
    let mut parts = vec![f.place(), f.path()];
    parts.retain(|part| !part.is_empty());
    let mut parts: Vec<String> = parts.into_iter().map(code).collect();
    parts.push(escape(&f.message));
    parts.extend(f.fix.as_ref().map(|fix| format!("*fix:* {}", escape(&fix.message))));
    format!("- {}\n", parts.join(" · "))
}

/// A page that takes no more than fits.
#[derive(Default)]
struct Page {
    text: String,
    cut: bool,
}

impl Page {
    /// Adds a piece, unless it or one before it does not fit.
    fn add(&mut self, piece: &str) -> bool {
        self.cut |= self.text.len() + piece.len() > MOST_BYTES - END;
        if !self.cut {
            self.text += piece;
        }
        !self.cut
    }
}

/// Text that data may be in, so that it shows as it is: punctuation that Markdown or HTML would
/// read is written as references, line breaks as spaces. What stands between backquotes becomes
/// code.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut quotes, mut code) = (text.matches('`').count() & !1, false);
    for c in text.chars() {
        match c {
            '`' if quotes > 0 => {
                (quotes, code) = (quotes - 1, !code);
                out += if code { "<code>" } else { "</code>" };
            }
            // No message may call people by name: a space that is not seen stands behind the @.
            '@' => out += "&#64;&#8203;",
            ' ' | ',' | '.' | ';' | ':' | '\'' | '/' | '%' | '(' | ')' | '?' | '=' => out.push(c),
            c if c.is_control() => out.push(' '),
            c if c.is_ascii_punctuation() => out += &format!("&#{};", c as u32),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::super::tests::{faulty, hostile, many, report, text};
    use super::*;

    fn page(report: &Report, most: usize) -> String {
        text(|out| markdown(report, most, out))
    }

    /// What a reader sees of each table cell and list item, and the tags that the page uses.
    fn read(page: &str) -> (Vec<String>, Vec<String>) {
        let (mut blocks, mut tags, mut current) = (Vec::new(), Vec::new(), String::new());
        for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::TableCell | Tag::Item) => current.clear(),
                Event::End(TagEnd::TableCell | TagEnd::Item) => blocks.push(current.clone()),
                Event::Text(text) | Event::Code(text) => current += &text,
                Event::Html(html) | Event::InlineHtml(html) => tags.push(html.to_string()),
                Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_))) => {
                    tags.push(format!("{tag:?}"));
                }
                _ => {}
            }
        }
        (blocks, tags)
    }

    #[test]
    fn verdict_table_and_details() {
        let page = page(&report(&faulty()), 1);
        assert!(page.starts_with(
            "## dataprep audit\n\n**Do not train on this yet. Fix first: in 2 of 2 train scans,"
        ));
        for part in [
            "| error | REF103 wrong-name | in 2 of 2 train scans, descriptions name another object than the one \
             their id means | 2 | 2 | 2 |\n",
            "\n<details><summary>error <b>REF103</b> wrong-name</summary>\n\n*Why it matters*: The sentence speaks",
            "\n- <code>scene0001_00/1/1</code> · <code>ScanRefer&#95;filtered",
            "called <code>lamp</code>",
            "\n- … and 1 more (--max-findings 0 shows all)\n",
        ] {
            let part = part.replace("scene0001_00", "scene0001&#95;00").replace("called", "calls it");
            assert!(page.contains(&part), "{part}\n{page}");
        }
        assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
    }

    #[test]
    fn what_data_holds_is_shown_and_does_nothing() {
        let report = hostile();
        let (blocks, tags) = read(&page(&report, 20));
        for f in &report.findings {
            let shown: String = f.message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let shown = shown.replace('`', "").replace('@', "@\u{200b}");
            assert!(blocks.iter().any(|b| b.contains(&shown)), "{shown:?}\n{blocks:#?}");
        }
        let ours = ["<code>", "</code>", "</details>\n", "<details>"];
        assert!(tags.iter().all(|t| ours.iter().any(|o| t.starts_with(o))), "{tags:#?}");
        // Six cells a row: no message ends a cell or a row.
        let table = page(&report, 20).lines().filter(|l| l.starts_with("| ")).count();
        assert_eq!(table, report.causes.len() + 1);
    }

    #[test]
    fn a_page_stays_below_the_limit_closes_what_it_opens_and_says_that_it_was_cut() {
        for count in [100, 40_000] {
            let report = many(count);
            let page = page(&report, usize::MAX);
            assert!(page.len() <= MOST_BYTES);
            assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
            let told = page.lines().filter(|l| l.starts_with("- ")).count();
            if count == 100 {
                assert_eq!(told, 100);
                assert!(!page.contains("was cut"));
            } else {
                let end = format!(" {} findings are not shown; the JSON report has all.**\n", count - told);
                assert!(page.ends_with(&end), "{told}: {}", &page[page.len() - 300..]);
            }
        }
    }
}
