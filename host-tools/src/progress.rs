//! Progress of long work: a bar on stderr, or nothing.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tidbit_quantize::Watch;

/// A bar that is cleared away when the work is done.
///
/// It is drawn on a terminal alone, and never where the user asked for JSON.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar without a stage yet.
    pub fn new(json: bool) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(0),
            if json {
                ProgressDrawTarget::hidden()
            } else {
                ProgressDrawTarget::stderr()
            },
        );
        let style = ProgressStyle::with_template("{msg:>12} {bar:40.cyan} {pos}/{len} {eta:>4}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }
}

impl Watch for Bar {
    fn stage(&self, name: &str, steps: u64) {
        self.0.reset();
        self.0.set_length(steps);
        self.0.set_message(name.to_owned());
    }

    fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
