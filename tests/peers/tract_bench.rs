//! Times a net in tract, for `compare.py`: `tract_bench MODEL.onnx --rounds N --json`.

use std::error::Error;

use rustix::time::{ClockId, clock_gettime};
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, _, rounds, ..] = arguments.as_slice() else {
        return Err("tract_bench MODEL.onnx --rounds N --json".into());
    };
    let mut model = tract_onnx::onnx().model_for_path(path)?;
    let fact = model.input_fact(0)?.clone();
    // A batch of any size is a batch of one.
    let size = |dim: Option<TDim>| dim.and_then(|dim| usize::try_from(dim.to_i64().ok()?).ok());
    let sizes = fact.shape.dims().map(|dim| size(dim.concretize()));
    let shape: Vec<usize> = sizes.map(|size| size.unwrap_or(1)).collect();
    let datum = fact.datum_type.concretize().unwrap_or(f32::datum_type());
    model.set_input_fact(0, InferenceFact::dt_shape(datum, &shape))?;
    let plan = model.into_optimized()?.into_runnable()?;
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|at| (at * 37 % 255) as f32 / 128.0 - 1.0)
        .collect();
    let input = Tensor::from_shape(&shape, &values)?
        .cast_to_dt(datum)?
        .into_owned();
    let mut times = Vec::new();
    for _ in 0..=rounds.parse::<u32>()? {
        let began = thread_ns();
        plan.run(tvec!(input.clone().into()))?;
        times.push(thread_ns() - began);
    }
    // The first is for warming up.
    times.remove(0);
    times.sort_unstable();
    println!("{{\"cpu_ns_per_image\": {}}}", times[times.len() / 2]);
    Ok(())
}

/// Processor time of this thread so far.
fn thread_ns() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
