public import Networks
import Optimizers
public import Tensors
public import TrainingProtocol

/// Everything that a step changes: trainable tensors, running statistics, and what the optimiser remembers, each a
/// flat vector laid out by the network's `ParameterTree`.
public final class TrainingState: Sendable {
    /// The vectors of a state, in a fixed order: what moves between machines and is saved.
    public struct Layout: Sendable, Equatable {
        public struct Vector: Sendable, Equatable {
            public let name: String
            /// Floats.
            public let count: Int

            public init(name: String, count: Int) {
                self.name = name
                self.count = count
            }
        }

        public let tree: ParameterTree
        public let vectors: [Vector]

        /// - Parameter optimizerVectors: Names of the optimiser's vectors; each is as long as a gradient.
        public init(tree: ParameterTree, optimizerVectors: [String]) {
            self.tree = tree
            vectors =
                [
                    Vector(name: "trainable", count: tree.trainableExtent),
                    Vector(name: "statistics", count: tree.statisticsExtent),
                ]
                + optimizerVectors.map { Vector(name: $0, count: tree.gradientExtent) }
        }

        var optimizerVectors: ArraySlice<Vector> { vectors.dropFirst(2) }
    }

    public let layout: Layout
    public let parameters: ParameterStorage
    /// What the optimiser remembers, in the order of the layout.
    public let optimizer: [FloatBuffer]

    /// The state that these buffers hold.
    ///
    /// - Parameter optimizer: In the order of the layout.
    public init(layout: Layout, parameters: ParameterStorage, optimizer: [FloatBuffer]) {
        precondition(optimizer.map(\.count) == layout.optimizerVectors.map(\.count))
        self.layout = layout
        self.parameters = parameters
        self.optimizer = optimizer
    }

    /// A state of zeros.
    public convenience init(layout: Layout) {
        self.init(
            layout: layout, parameters: ParameterStorage(layout.tree),
            optimizer: layout.optimizerVectors.map { FloatBuffer(count: $0.count) })
    }

    /// The state before the first step: the optimiser remembers nothing.
    public convenience init(layout: Layout, first parameters: ParameterStorage) {
        self.init(
            layout: layout, parameters: parameters,
            optimizer: layout.optimizerVectors.map { FloatBuffer(count: $0.count) })
    }

    /// What an evaluation scores: the moving average of the weights where one is kept, else the
    /// weights; and the running statistics.
    public var scoredParameters: ParameterStorage {
        let average = zip(layout.optimizerVectors, optimizer).first {
            $0.0.name == Optimizer.averageName
        }
        guard let average = average?.1 else { return parameters }
        let scored = ParameterStorage(layout.tree)
        // What is frozen has no average, and lies behind.
        for (target, source) in [
            (scored.values, parameters.values), (scored.values, average),
            (scored.statistics, parameters.statistics),
        ] {
            target.bytes.copyMemory(from: UnsafeRawBufferPointer(source.bytes))
        }
        return scored
    }

    /// All vectors, in the order of the layout.
    public var vectors: [FloatBuffer] {
        [parameters.values, parameters.statistics] + optimizer
    }

    /// Takes over the bits of vectors that are laid out as this state's.
    public func assign(_ other: [FloatBuffer]) {
        precondition(other.map(\.count) == layout.vectors.map(\.count), "another layout")
        for (target, source) in zip(vectors, other) {
            target.bytes.copyMemory(from: UnsafeRawBufferPointer(source.bytes))
        }
    }

    /// A copy that later steps do not change.
    public func copy() -> TrainingState {
        let copy = TrainingState(layout: layout)
        copy.assign(vectors)
        return copy
    }

    /// Stands for every bit of the state.
    public var digest: Digest {
        var halves: [UInt64] = []
        for vector in vectors {
            let part = Digest128(of: UnsafeRawBufferPointer(vector.bytes))
            halves += [part.high, part.low]
        }
        let whole = halves.withUnsafeBytes { Digest128(of: $0) }
        return Digest(high: whole.high, low: whole.low)
    }
}
