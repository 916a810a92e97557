//! Everything that can go wrong between an ONNX file and a blob, one variant a cause.

/// Why a net could not be read, understood or quantized.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}. Check the path and its permissions.")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no ONNX model.
    #[error(
        "{path} is not an ONNX model: {reason}. Export the net with torch.onnx.export or tf2onnx."
    )]
    NotOnnx {
        /// The file.
        path: String,
        /// What the parser said.
        reason: String,
    },
    /// The graph is not well-formed, or shapes cannot be worked out.
    #[error(
        "the graph of {path} cannot be understood: {reason}. Check it with onnx.checker, and export it with a fixed input size."
    )]
    Graph {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The net does not have one image as input, or no answer that can be given.
    #[error(
        "{reason}. tidbit takes nets with one image as input ([1, channels, height, width] or [1, height, width, channels]) and answers that depend on it."
    )]
    Interface {
        /// What it has instead.
        reason: String,
    },
    /// An operator, or this use of it, is not supported.
    #[error(
        "node '{node}' ({op}, {shapes}) is not supported: {reason}.\nSupported operators: {supported}."
    )]
    Unsupported {
        /// Name of the node.
        node: String,
        /// Its ONNX operator.
        op: String,
        /// Its input and output shapes.
        shapes: String,
        /// What about it is not supported.
        reason: String,
        /// What is.
        supported: String,
    },
    /// A blob is not of the net with which it is compared.
    #[error(
        "the blob is not made of this net: its operator {index} is {blob}, that of the net is {net}. Give the ONNX file from which the blob was made; if it is that, make the blob anew with this tidbit."
    )]
    OtherNet {
        /// The first operator that differs.
        index: usize,
        /// What it is in the blob.
        blob: String,
        /// What it is in the net.
        net: String,
    },
    /// The f32 reference failed.
    #[error("the f32 reference cannot run this net: {reason}")]
    Reference {
        /// What tract said.
        reason: String,
    },
    /// Mean or deviation do not fit the input.
    #[error(
        "{what} has {have} numbers, the net takes {channels} channels: give one number, or one for each channel"
    )]
    Normalization {
        /// `--mean` or `--std`.
        what: &'static str,
        /// Numbers given.
        have: usize,
        /// Channels of the net.
        channels: usize,
    },
    /// A deviation of zero, or a number that is none.
    #[error(
        "{what} {value} is not allowed: --mean and --std are finite numbers, and no --std is zero"
    )]
    NormalizationValue {
        /// `--mean` or `--std`.
        what: &'static str,
        /// The offending number.
        value: f32,
    },
    /// No images to calibrate on.
    #[error(
        "there are no calibration images: without them the ranges of the activations are unknown. Give a folder with some 100 typical images."
    )]
    NoImages,
    /// No images to calibrate on, and tensors that need them.
    #[error(
        "the file gives no scale for {count} of its tensors, '{tensor}' first: give typical images with --calibration, some 100, to find it"
    )]
    NoScale {
        /// The first tensor whose scale is not given.
        tensor: String,
        /// How many there are.
        count: usize,
    },
    /// An image of the wrong size.
    #[error("an image has {have} bytes, the net takes {expected}")]
    ImageSize {
        /// Bytes given.
        have: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// Number of labels and classes differ.
    #[error(
        "there are {labels} labels, but the net has {classes} classes: give one label a line, as many as there are classes, in their order"
    )]
    Labels {
        /// Labels given.
        labels: usize,
        /// Classes of the net.
        classes: usize,
    },
    /// The net gave a number that is none on a calibration image.
    #[error(
        "tensor '{tensor}' is not finite on a calibration image: check --mean and --std, and the weights of the net"
    )]
    NotFinite {
        /// Name of the tensor.
        tensor: String,
    },
    /// A channel's multiplier cannot be represented.
    #[error(
        "node '{node}' cannot be quantized: {reason}. This happens when the calibration images hardly excite it; use more typical images."
    )]
    Unrepresentable {
        /// Name of the node.
        node: String,
        /// What does not fit.
        reason: String,
    },
    /// A dimension is above the format's limit.
    #[error(
        "tensor '{tensor}' is {height} x {width} x {channels}: more than the blob format takes (8192 x 8192 x 32768)"
    )]
    TooLarge {
        /// Name of the tensor.
        tensor: String,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Channels.
        channels: usize,
    },
    /// The net has too many operators, or the blob is too long.
    #[error("the net is too large for a blob: {reason}")]
    TooMany {
        /// What there is too much of.
        reason: String,
    },
    /// No plan fits the memory that the user allows.
    #[error(
        "no plan fits --ram {budget}: the least that was found takes {} bytes, {arena} of arena and {scratch} of scratch. \
         Allow that much, or make the net smaller (its input size and width count most).", arena + scratch
    )]
    RamBudget {
        /// Bytes allowed.
        budget: usize,
        /// Bytes of arena of the leanest plan.
        arena: usize,
        /// Bytes of scratch besides.
        scratch: usize,
    },
    /// The planner made a plan that stalls: a defect of tidbit.
    #[error(
        "no plan was found for this net. This is a defect of tidbit; please report it with the model, and use --ram layerwise meanwhile."
    )]
    Planner,
    /// The blob that was made does not pass validation: a defect of tidbit.
    #[error(
        "the blob that was made is refused by the runtime: {0}. This is a defect of tidbit; please report it with the model."
    )]
    Refused(#[from] tidbit::Error),
}
