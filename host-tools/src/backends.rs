//! The micro-kernels of this machine by name, and whether they all answer the same.
//!
//! A host has several backends, of which the fastest usually runs: `scalar`, which defines every
//! result, and one for each instruction set. Any may be asked for; [`all_agree`] runs images by every one of them.

use std::path::PathBuf;

use tidbit::kernels::{Kernels, backends, kernels};
use tidbit_quantize::Watch;

use crate::Error;
use crate::blob::BlobFile;
use crate::difference::difference;
use crate::inference::{Inference, on_all_cores};

/// The backend of this name, or the fastest.
///
/// # Errors
/// [`Error::Backend`]: those that there are.
pub fn backend(name: Option<&str>) -> Result<&'static Kernels, Error> {
    let Some(name) = name else {
        return Ok(kernels());
    };
    let found = backends().find(|backend| backend.name == name);
    found.ok_or_else(|| Error::Backend {
        name: name.to_owned(),
        known: backends().map(|backend| backend.name).collect(),
    })
}

/// Runs images by each of some backends, on the order of weights that it runs fast, and holds all answers
/// against those of the first; with `trace` every tensor on the way. Gives the answers.
///
/// # Errors
/// [`Error::BackendsDiffer`] at the first difference.
pub fn all_agree(
    backends: &[&'static Kernels],
    file: &BlobFile,
    (paths, images): (&[PathBuf], &[Vec<u8>]),
    trace: bool,
    watch: &dyn Watch,
) -> Result<Vec<Inference>, Error> {
    watch.stage("backends", backends.len() as u64);
    let mut defined: Option<(&str, Vec<Inference>)> = None;
    for &kernels in backends {
        let file = file.for_backend(kernels)?;
        let model = file.model()?;
        let answers = on_all_cores(&model, kernels, images, trace)?;
        watch.step();
        let Some((first, defined)) = &defined else {
            defined = Some((kernels.name, answers));
            continue;
        };
        for ((path, answer), defined) in paths.iter().zip(&answers).zip(defined) {
            if let Some(what) = difference(&model, answer, defined) {
                return Err(Error::BackendsDiffer {
                    backends: [first, kernels.name],
                    image: path.clone(),
                    what,
                });
            }
        }
    }
    Ok(defined.map_or_else(Vec::new, |(_, answers)| answers))
}

#[cfg(test)]
mod tests {
    use super::backend;

    #[test]
    fn a_backend_is_found_by_its_name_and_an_unknown_one_answered_with_those_there_are() {
        assert_eq!(backend(Some("scalar")).unwrap().name, "scalar");
        let error = backend(Some("sse9")).unwrap_err().to_string();
        assert!(
            error.starts_with("there is no backend \"sse9\" here; there are: scalar"),
            "{error}"
        );
    }
}
