public import Tensors

/// The values of a network's tensors, each role in one flat vector laid out as its `ParameterTree`
/// says.
public final class ParameterStorage: Sendable {
    /// Trainable tensors.
    public let values: FloatBuffer
    /// Running means and variances.
    public let statistics: FloatBuffer

    /// All zeros; `ParameterTree.initialise` draws first values.
    public init(_ tree: ParameterTree) {
        values = FloatBuffer(count: tree.trainableExtent)
        statistics = FloatBuffer(count: tree.statisticsExtent)
    }
}
