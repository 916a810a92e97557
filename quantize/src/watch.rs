//! How long work reports its progress.

/// Told what is going on; a progress bar, or nothing.
pub trait Watch: Sync {
    /// A stage of `steps` steps begins.
    fn stage(&self, name: &str, steps: u64);
    /// One of them is done. May come from any thread.
    fn step(&self);
}

/// Looks away.
impl Watch for () {
    fn stage(&self, _name: &str, _steps: u64) {}
    fn step(&self) {}
}
