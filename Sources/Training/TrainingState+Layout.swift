public import Configuration
import Models
import Networks
import Optimizers

extension TrainingState.Layout {
    /// The layout of a run's state.
    ///
    /// - Throws: `ModelError` where the model cannot be built.
    public init(_ configuration: RunConfiguration) throws(ModelError) {
        let tree = try Network(configuration).parameters
        let optimizer = Optimizer(configuration.train, for: tree)
        self.init(tree: tree, optimizerVectors: optimizer.state.map(\.name))
    }
}
