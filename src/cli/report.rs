//! The forms of a report, and where each goes.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Output;
use crate::audit::report::page::Album;
use crate::audit::report::{self, Report};
use crate::error::{Error, Kind, Result, nearest};
use crate::pipeline::Content;
use crate::store::{self, Folder};

/// What to report, in which forms, and to where.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Report")]
pub(super) struct ReportArgs {
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    output_format: Format,
    /// Write the report to this file instead of stdout; with --fix, where the cleaned references go
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the report in this form to this file as well, as in sarif=audit.sarif; once for each
    /// form that is wanted
    #[arg(long, value_name = "FORMAT=FILE", value_parser = target)]
    report: Vec<Target>,
    /// Show at most this many findings of each rule in the forms full, github and markdown, and of
    /// each scan in grouped; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    max_findings: usize,
    /// Show counts by rule instead of findings
    #[arg(long)]
    statistics: bool,
    /// Embed no pictures and no points of scans in the form html
    #[arg(long)]
    no_pictures: bool,
    /// Embed no sentences in the form html, nor what could quote them
    #[arg(long)]
    no_text: bool,
}

/// What is reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    report: &'a Report,
    album: Option<&'a Album<'a>>,
    /// Findings of a rule, or of a scan, that forms for people show.
    most: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: by rule, with why it matters and what to do
    Full,
    /// For people and grep: one line per finding
    Concise,
    /// For people: by scan, the worst first
    Grouped,
    /// One JSON object with totals, causes and findings (`dataprep schema report`)
    Json,
    /// One finding a line, as JSON (`dataprep schema finding`)
    JsonLines,
    /// SARIF 2.1.0 for code scanning and editors, the 5000 worst findings
    Sarif,
    /// Annotations in the log of a GitHub Actions step
    Github,
    /// GitLab Code Quality, an artifact of `reports: codequality`
    Gitlab,
    /// JUnit XML: errors fail, warnings are skipped
    Junit,
    /// For `$GITHUB_STEP_SUMMARY` and pull requests, below 1 MiB
    Markdown,
    /// For people: one page to look at, with pictures, scenes in 3D and charts; needs no network
    Html,
}

impl Format {
    /// The name on the command line.
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned())
    }

    /// Whether the form carries colours, which only terminals shall see. The others are written as
    /// they are, byte for byte.
    fn coloured(self) -> bool {
        matches!(self, Self::Full | Self::Grouped)
    }

    /// Whether people read it in a terminal.
    fn is_for_people(self) -> bool {
        matches!(self, Self::Full | Self::Concise | Self::Grouped)
    }

    /// `album` is there where a page was asked for.
    fn write(self, Shown { report, album, most }: Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Full => out.write_all(report::full(report, most).as_bytes()),
            Self::Concise => report::concise(report, out),
            Self::Grouped => report::grouped(report, most, out),
            Self::Json => report::write_json(report, out),
            Self::JsonLines => report::json_lines(report, out),
            Self::Sarif => report::sarif(report, out),
            Self::Github => report::github(report, most, out),
            Self::Gitlab => report::gitlab(report, out),
            Self::Junit => report::junit(report, out),
            Self::Markdown => report::markdown(report, most, out),
            Self::Html => album.map_or(Ok(()), |album| report::page::html(report, album, out)),
        }
    }
}

/// A form and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    format: Format,
    path: PathBuf,
}

fn target(text: &str) -> Result<Target, String> {
    let (name, path) = text
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or("no FORMAT=FILE, as in sarif=audit.sarif")?;
    let format = Format::from_str(name, false).map_err(|_| {
        let names: Vec<String> = Format::value_variants().iter().map(|f| f.name()).collect();
        let names = || names.iter().map(String::as_str);
        match nearest(name, names()) {
            Some(near) => format!("there is no form `{name}`; did you mean `{near}`?"),
            None => {
                format!("there is no form `{name}`; there are {}", names().collect::<Vec<_>>().join(", "))
            }
        }
    })?;
    Ok(Target { format, path: path.into() })
}

impl ReportArgs {
    /// What `-o` names.
    pub(super) fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// Whether one of the forms is a page, and what it may hold.
    pub(super) fn page(&self) -> Option<Content> {
        let forms = || self.report.iter().map(|t| t.format).chain([self.output_format]);
        let content = Content { pictures: !self.no_pictures, texts: !self.no_text };
        forms().any(|form| form == Format::Html && !self.statistics).then_some(content)
    }

    /// Refuses what could not be written, before the work is done. `-o` is no report when `fixing`.
    pub(super) fn check(&self, fixing: bool) -> Result<()> {
        let tables = [Format::Full, Format::Concise, Format::Grouped, Format::Json];
        if self.statistics && !tables.contains(&self.output_format) {
            let format = self.output_format.name();
            return Err(Error::new(Kind::Config, format!("--statistics has no form `{format}`"))
                .help("counts are a table (full) or a list (json); --report writes findings beside them"));
        }
        if let (None, true) = (self.page(), self.no_pictures || self.no_text) {
            return Err(Error::new(Kind::Config, "--no-pictures and --no-text are of the form html")
                .help("ask for one, as in --report html=report.html"));
        }
        for (i, one) in self.report.iter().enumerate() {
            if let Some(other) = self.report[..i].iter().find(|o| o.format == one.format) {
                let (format, first) = (one.format.name(), other.path.display());
                return Err(Error::new(
                    Kind::Config,
                    format!("--report {format} is already written to {first}"),
                )
                .at(&one.path)
                .help("name each form once, and copy the file"));
            }
        }
        let main = self.output.iter().filter(|_| !fixing);
        let paths: Vec<&PathBuf> = main.chain(self.report.iter().map(|t| &t.path)).collect();
        for (i, path) in paths.iter().enumerate() {
            file_name(path)?;
            if paths[..i].iter().any(|other| same(other, path)) {
                return Err(Error::new(Kind::Config, "two reports would be written to this file")
                    .at(path)
                    .help("give each form a file of its own"));
            }
        }
        Ok(())
    }

    /// Writes the files, then stdout: who reads only the head of stdout has the files whole.
    /// Reports for people begin with `known`. `-o` is no report when `fixing`, and stdout is the
    /// changes' when they are `listed`.
    pub(super) fn write(
        &self,
        (report, album): (&Report, Option<&Album<'_>>),
        known: &str,
        fixing: bool,
        listed: bool,
        output: &mut Output,
    ) -> Result<()> {
        let most = if self.max_findings == 0 { usize::MAX } else { self.max_findings };
        let shown = Shown { report, album, most };
        for Target { format, path } in &self.report {
            publish(path, format.coloured(), |out| format.write(shown, out), output)?;
        }
        let coloured = self.output_format.coloured() && !self.statistics;
        let main = |out: &mut dyn Write| match (self.statistics, self.output_format) {
            (false, format) => {
                if format.is_for_people() {
                    out.write_all(known.as_bytes())?;
                }
                format.write(shown, out)
            }
            (true, Format::Json) => out.write_all(report::statistics_json(report).as_bytes()),
            (true, _) => out.write_all(report::statistics(report).as_bytes()),
        };
        match self.output.as_ref().filter(|_| !fixing) {
            Some(path) => publish(path, coloured, main, output),
            None if listed => Ok(()),
            None => output.stream(coloured, main),
        }
    }
}

/// Writes to `out`, and leaves out the colours of what is `coloured`.
fn plainly(
    out: &mut (dyn Write + 'static),
    coloured: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if coloured { write(&mut anstream::StripStream::new(out)) } else { write(out) }
}

/// Writes a file whole or not at all, without colours; what is no file (`/dev/null`, a pipe) is
/// written into.
fn publish(
    path: &Path,
    coloured: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    output: &Output,
) -> Result<()> {
    let buffered = |out: &mut dyn Write| {
        let mut buffer = BufWriter::new(out);
        write(&mut buffer).and_then(|()| buffer.flush())
    };
    let wrong = |e| Error::io("write", path, &e);
    if let Some(mut stream) = store::stream(path)? {
        plainly(&mut stream, coloured, buffered).map_err(wrong)?;
    } else {
        let path = store::behind_link(path);
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut staged = Folder::new(dir).stage("")?;
        plainly(&mut staged, coloured, buffered).map_err(wrong)?;
        staged.publish(file_name(&path)?)?;
    }
    output.note(&format!("wrote {}", path.display()));
    Ok(())
}

fn file_name(path: &Path) -> Result<&str> {
    path.file_name().and_then(|name| name.to_str()).filter(|_| !path.is_dir()).ok_or_else(|| {
        Error::new(Kind::Config, "a report needs a file name").at(path).help("as in -o report.json")
    })
}

/// Whether two paths name one file, however they are written.
fn same(a: &Path, b: &Path) -> bool {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole(a) == whole(b)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: ReportArgs,
    }

    fn check(line: &str) -> Result<(), String> {
        let line = Line::try_parse_from(format!("x {line}").split(' ')).map_err(|e| e.to_string())?;
        line.args.check(false).map_err(|e| e.to_string())
    }

    #[test]
    fn every_form_has_a_name_and_a_file() {
        for format in Format::value_variants() {
            let target = target(&format!("{}=a=b.txt", format.name())).unwrap();
            assert_eq!(target, Target { format: *format, path: "a=b.txt".into() });
        }
        assert_eq!(check("-o a.json --report json=b.json --report sarif=c/a.json"), Ok(()));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_before_any_work() {
        for (line, why) in [
            ("--report sarif", "no FORMAT=FILE, as in sarif=audit.sarif"),
            ("--report sarif=", "no FORMAT=FILE"),
            ("--report sarfi=x", "did you mean `sarif`?"),
            ("--report xyz=x", "there are full, concise, grouped, json, json-lines, sarif, github"),
            ("--report sarif=a --report sarif=b", "b: --report sarif is already written to a"),
            ("--report sarif=a --report json=./a", "two reports would be written to this file"),
            ("-o x/a --report json=x/./a", "two reports would be written to this file"),
            ("--report json=..", "a report needs a file name"),
            ("--report json=src", "a report needs a file name"),
            ("--no-text --report json=x", "--no-pictures and --no-text are of the form html"),
            ("--statistics --output-format sarif", "--statistics has no form `sarif`"),
        ] {
            let error = check(line).unwrap_err();
            assert!(error.contains(why), "{line}: {error}");
        }
    }
}
