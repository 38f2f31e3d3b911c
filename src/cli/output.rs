//! Stdout for findings and data, stderr for messages; colours only on a terminal.

use std::io::{self, IsTerminal as _, Write as _};

use super::Globals;
use crate::error::{Error, Kind, Result};

/// The program's two streams.
#[derive(Debug)]
pub struct Output {
    stdout: anstream::AutoStream<io::Stdout>,
    quiet: bool,
    verbose: bool,
    closed: bool,
}

impl Output {
    /// Streams as the global arguments ask for.
    pub fn new(globals: &Globals) -> Self {
        globals.color.write_global();
        let choice = anstream::AutoStream::choice(&io::stdout());
        Self {
            stdout: anstream::AutoStream::new(io::stdout(), choice),
            quiet: globals.quiet > 0,
            verbose: globals.verbose > 0,
            closed: false,
        }
    }

    /// Writes to stdout; once whoever reads it has gone, nothing more is written and the run goes on
    /// to its exit code.
    pub fn data(&mut self, text: &str) -> Result<()> {
        self.write(text.as_bytes())
    }

    /// Writes bytes to stdout, as [`Self::data`] does text.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let written = self.stdout.write_all(bytes).and_then(|()| self.stdout.flush());
        self.end(written)
    }

    fn end(&mut self, written: io::Result<()>) -> Result<()> {
        match written {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => written.map_err(|e| Error::io("write to", "stdout", &e)),
        }
    }

    /// Lets `write` write to stdout piece by piece; a closed pipe ends the writing quietly. What is
    /// not `coloured` goes out as it is.
    pub fn stream(
        &mut self,
        coloured: bool,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let mut plain = self.stdout.as_inner();
        let stdout: &mut dyn io::Write = if coloured { &mut self.stdout } else { &mut plain };
        let mut buffer = io::BufWriter::new(stdout);
        let written = write(&mut buffer).and_then(|()| buffer.flush());
        drop(buffer);
        self.end(written)
    }

    /// A message on stderr, unless `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// A message on stderr with `--verbose`, unless `--quiet`.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.note(text);
        }
    }

    /// An error on stderr.
    #[allow(clippy::unused_self)] // stderr is the output's too
    pub fn error(&self, error: &Error) {
        let red = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
        let word = if error.kind() == Kind::Interrupted { "interrupted" } else { "error" };
        say(&format!("{red}{word}{red:#}: {error}"));
    }

    /// A line on stderr while work goes on; the caller has looked at `--quiet`.
    pub(super) fn line(text: &str) {
        say(text);
    }

    /// Whether stderr is a terminal.
    pub fn is_terminal() -> bool {
        io::stderr().is_terminal()
    }
}

/// A line on stderr; nobody listening is fine.
fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
