//! Reading the ONNX file with tract: nodes, constants, and the shape of every tensor.
//!
//! What the file says in a way that tract lacks is said in another before tract sees it, so that
//! reference and import work on the same nodes and numbers; a dynamic batch is set to 1.

use std::collections::HashMap;
use std::path::Path;

use tidbit::blob::header::MAX_OUTPUTS;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto};
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;

use super::{halves, order, rounding, sizes, spelled, upsample};
use crate::Error;

/// A constant of the net, as f32, with its dimensions.
#[derive(Clone, Debug)]
pub struct Constant {
    /// Dimensions.
    pub dims: Vec<usize>,
    /// Values, last dimension fastest.
    pub values: Vec<f32>,
}

impl Constant {
    /// The values as integers.
    pub fn ints(&self) -> Vec<i64> {
        self.values.iter().map(|&value| value as i64).collect()
    }
}

/// An ONNX file that tract has read.
pub struct Source {
    path: String,
    graph: GraphProto,
    opset: i64,
    model: InferenceModel,
    outlets: HashMap<String, OutletId>,
    /// Why tract's analysis stopped, if it did.
    pub analysis: String,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::NotOnnx`] and [`Error::Graph`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        std::fs::File::open(path)
            .and_then(|file| file.metadata())
            .and_then(|meta| match meta.is_file() {
                true => Ok(()),
                false => Err(std::io::Error::other("it is not a file")),
            })
            .map_err(|source| Error::Read {
                path: name.clone(),
                source,
            })?;
        let onnx = tract_onnx::onnx().with_ignore_value_info(true);
        let not_onnx = |reason: String| Error::NotOnnx {
            path: name.clone(),
            reason,
        };
        let mut proto = onnx
            .proto_model_for_path(path)
            .map_err(|error| not_onnx(error.root_cause().to_string()))?;
        upsample::modernize(&mut proto).map_err(not_onnx)?;
        let opsets = proto
            .opset_import
            .iter()
            .filter(|opset| opset.domain.is_empty() || opset.domain == "ai.onnx");
        let opset = opsets.map(|opset| opset.version).max().unwrap_or(13);
        let Some(graph) = proto.graph.as_mut() else {
            return Err(not_onnx("it holds no graph".into()));
        };
        let not_understood = |reason: String| Error::Graph {
            path: name.clone(),
            reason,
        };
        let understood = |error: TractError| not_understood(format!("{error:#}"));
        let folder = path.parent().map(|folder| folder.display().to_string());
        halves::widen(graph, &onnx, folder.as_deref()).map_err(understood)?;
        spelled::out(graph);
        rounding::answer_in_reals(graph);
        order::put(graph).map_err(not_understood)?;
        let graph = std::mem::replace(graph, rounding::spelled_out(graph));
        let parsed = parse(&onnx, &proto, folder.as_deref()).map_err(understood)?;
        let mut source = Self {
            path: name.clone(),
            graph,
            opset,
            model: parsed.0,
            outlets: parsed.1,
            analysis: String::new(),
        };
        source.analyse()?;
        if let Some(mut graph) = proto.graph.take()
            && sizes::say(&mut graph, opset, |name| source.dims(name))
        {
            proto.graph = Some(graph);
            let parsed = parse(&onnx, &proto, folder.as_deref()).map_err(understood)?;
            (source.model, source.outlets) = parsed;
            source.analyse()?;
        }
        Ok(source)
    }

    /// Works out shapes and constants.
    fn analyse(&mut self) -> Result<(), Error> {
        self.fix_batch()?;
        // An operator that tract lacks, or shapes that contradict each other, stop the analysis
        // early; the import then names the node. What was worked out before stays.
        if let Err(error) = self.model.analyse(true) {
            self.analysis = format!("{error:#}");
        }
        Ok(())
    }

    /// The net for tract to run, with these tensors as its outputs.
    ///
    /// # Errors
    /// [`Error::Reference`].
    pub fn runnable(
        &self,
        outputs: &[String],
    ) -> Result<std::sync::Arc<TypedRunnableModel>, Error> {
        let failed = |error: TractError| Error::Reference {
            reason: format!("{error:#}"),
        };
        let mut model = self.model.clone();
        let outlets: Option<Vec<OutletId>> = outputs
            .iter()
            .map(|name| self.outlets.get(name).copied())
            .collect();
        let outlets = outlets.ok_or_else(|| Error::Reference {
            reason: "a tensor of the graph is unknown to it".into(),
        })?;
        model.select_output_outlets(&outlets).map_err(failed)?;
        let model = model.into_optimized().map_err(failed)?;
        model.into_runnable().map_err(failed)
    }

    /// Version of the operator set.
    pub fn opset(&self) -> i64 {
        self.opset
    }

    /// The nodes that the outputs need, in an order in which they can run.
    pub fn nodes(&self) -> &[NodeProto] {
        &self.graph.node
    }

    /// Name and dimensions of the one input.
    ///
    /// # Errors
    /// [`Error::Interface`].
    pub fn input(&self) -> Result<(String, Vec<usize>), Error> {
        let inputs = self.input_names();
        let [name] = inputs.as_slice() else {
            return Err(Error::Interface {
                reason: format!("the net has {} inputs: {}", inputs.len(), inputs.join(", ")),
            });
        };
        let dims = self.dims(name).ok_or_else(|| Error::Interface {
            reason: format!(
                "the size of the input '{name}' is not fixed ({}): export the net with a fixed height and width",
                self.described(name)
            ),
        })?;
        Ok((name.clone(), dims))
    }

    /// Names of the outputs, at least one.
    ///
    /// # Errors
    /// [`Error::Interface`].
    pub fn outputs(&self) -> Result<Vec<String>, Error> {
        let (count, most) = (self.graph.output.len(), usize::from(MAX_OUTPUTS));
        if !(1..=most).contains(&count) {
            return Err(Error::Interface {
                reason: format!("the net has {count} outputs; 1 to {most} are supported"),
            });
        }
        let names = self.graph.output.iter();
        Ok(names.map(|output| output.name.clone()).collect())
    }

    /// Dimensions of a tensor, if they are known numbers.
    pub fn dims(&self, name: &str) -> Option<Vec<usize>> {
        let fact = self.model.outlet_fact(*self.outlets.get(name)?).ok()?;
        if let Some(value) = fact.value.concretize() {
            return Some(value.shape().to_vec());
        }
        let dims = fact.shape.as_concrete_finite().ok()??;
        Some(dims.to_vec())
    }

    /// The value of a tensor that is the same for every image.
    pub fn constant(&self, name: &str) -> Option<Constant> {
        let fact = self.model.outlet_fact(*self.outlets.get(name)?).ok()?;
        let value = fact.value.concretize()?;
        let dims = value.shape().to_vec();
        let value = value.cast_to::<f32>().ok()?;
        let values = value
            .try_as_plain_ram()
            .ok()?
            .as_slice::<f32>()
            .ok()?
            .to_vec();
        Some(Constant { dims, values })
    }

    /// The type of a tensor's elements, if it is known.
    pub fn element_type(&self, name: &str) -> Option<DatumType> {
        let fact = self.model.outlet_fact(*self.outlets.get(name)?).ok()?;
        fact.datum_type.concretize()
    }

    fn input_names(&self) -> Vec<String> {
        let inputs = self.graph.input.iter().map(|input| &input.name);
        let stored = |name: &&String| {
            !self
                .graph
                .initializer
                .iter()
                .any(|tensor| tensor.name == **name)
        };
        inputs.filter(stored).cloned().collect()
    }

    fn described(&self, name: &str) -> String {
        let fact = self
            .outlets
            .get(name)
            .and_then(|outlet| self.model.outlet_fact(*outlet).ok());
        fact.map_or_else(|| "unknown".into(), |fact| fact.format_dt_shape())
    }

    /// Sets a first dimension that is not a number to 1.
    fn fix_batch(&mut self) -> Result<(), Error> {
        let graph = |error: TractError, path: &str| Error::Graph {
            path: path.into(),
            reason: format!("{error:#}"),
        };
        for name in self.input_names() {
            let Some(&outlet) = self.outlets.get(&name) else {
                continue;
            };
            let mut fact = self
                .model
                .outlet_fact(outlet)
                .map_err(|error| graph(error, &self.path))?
                .clone();
            let dynamic = fact
                .shape
                .dim(0)
                .is_some_and(|dim| dim.concretize().is_none_or(|dim| dim.to_i64().is_err()));
            if dynamic && fact.shape.rank().concretize() == Some(4) {
                let dims: TVec<_> = (0..4).filter_map(|at| fact.shape.dim(at)).collect();
                let dims = dims
                    .into_iter()
                    .enumerate()
                    .map(|(at, dim)| if at == 0 { 1.to_dim().into() } else { dim });
                fact = fact.with_shape(tract_onnx::tract_hir::infer::ShapeFactoid::closed(
                    dims.collect(),
                ));
            }
            let fact = fact.with_datum_type(f32::datum_type());
            self.model
                .set_outlet_fact(outlet, fact)
                .map_err(|error| graph(error, &self.path))?;
        }
        Ok(())
    }
}

/// The name by which messages call a node: its own, or that of its output.
pub fn node_name(node: &NodeProto) -> String {
    if node.name.is_empty() {
        node.output.first().cloned().unwrap_or_default()
    } else {
        node.name.clone()
    }
}

fn parse(
    onnx: &tract_onnx::Onnx,
    proto: &ModelProto,
    folder: Option<&str>,
) -> TractResult<(InferenceModel, HashMap<String, OutletId>)> {
    let parsed = onnx.parse(proto, folder)?;
    Ok((parsed.model, parsed.outlets_by_name.into_iter().collect()))
}
