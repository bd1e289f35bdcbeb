/// A network as a value: operations on named values, in an order in which every input comes first.
public struct Graph: Sendable, Hashable {
    /// A value: what the node of this number computes.
    public struct Value: Sendable, Hashable {
        public let index: Int
    }

    public struct Node: Sendable, Hashable {
        /// The layer's name, as in the parameters that it holds.
        public let name: String
        public let operation: Operation
        public let inputs: [Value]
        /// Shape of the result for one clip.
        public let shape: FeatureShape
    }

    /// A classifier's output: per-frame logits (frames, 1, 1, classes) and its weight in the loss.
    public struct Head: Sendable, Hashable {
        public let logits: Value
        public let weight: Double

        public init(logits: Value, weight: Double = 1) {
            self.logits = logits
            self.weight = weight
        }
    }

    public enum Reduction: Sendable, Hashable {
        /// Cross-entropy of the logits' mean over frames.
        case clip
        /// Mean over frames of the cross-entropy.
        case frame
    }

    public let nodes: [Node]
    public let heads: [Head]
    public let reduction: Reduction
    /// Weight in the loss of the ensemble's cross-entropy: that of the mean over heads of their
    /// clip logits.
    public let ensemble: Double

    public subscript(value: Value) -> Node { nodes[value.index] }

    /// Width of the heads.
    public var classes: Int { self[heads[0].logits].shape.channels }
    /// Shape of one normalised clip.
    public var input: FeatureShape { nodes[0].shape }
}

/// A graph and the tensors that it names.
public final class Network: Sendable {
    public let graph: Graph
    public let parameters: ParameterTree
    public let precision: Precision

    public init(graph: Graph, parameters: ParameterTree, precision: Precision = .fp32) {
        self.graph = graph
        self.parameters = parameters
        self.precision = precision
    }
}
