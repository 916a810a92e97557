//! What the user sees: results on stdout; notices and errors on stderr.
//!
//! Texts are styled without asking where they go: `anstream` takes the colours out where the
//! stream is no terminal or `NO_COLOR` is set. A reader that closed the pipe (`| head`) has seen
//! enough, and is no error.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::Error;

/// Of names and figures that matter.
pub const STRONG: Style = Style::new().bold();
/// Of what is good.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Of what is bad.
pub const BAD: Style = AnsiColor::Red.on_default();

/// A text in a style.
pub fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes a line of results to stdout.
///
/// # Errors
/// [`Error::Stdout`].
pub fn print(text: impl Display) -> Result<(), Error> {
    match writeln!(anstream::stdout(), "{text}") {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => Err(Error::Stdout { source }),
        _ => Ok(()),
    }
}

/// Writes a result as one line of JSON to stdout.
///
/// # Errors
/// [`Error::Stdout`].
pub fn print_json(value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string(value).map_err(|error| Error::Stdout {
        source: error.into(),
    })?;
    print(text)
}

/// Tells the user something on stderr that is no error.
pub fn notice(text: impl Display) {
    say(AnsiColor::Yellow, "notice", text);
}

/// Tells the user on stderr why nothing came of it.
pub fn failure(error: &Error) {
    say(AnsiColor::Red, "error", error);
}

/// A line on stderr; where stderr itself is gone, nobody is there to be told.
fn say(color: AnsiColor, what: &str, text: impl Display) {
    let what = styled(color.on_default().bold(), format_args!("{what}:"));
    let _ = writeln!(anstream::stderr(), "{what} {text}");
}
