import CKernels
public import Configuration
public import Networks
public import Tensors

/// Updates the trainable tensors from a gradient, with PyTorch's formulas.
///
/// The flat vector is cut into pieces that depend on the parameter tree alone; every element is
/// updated by itself, so bits do not depend on the threads. Weight decay applies where the tree
/// says so.
///
/// Not Sendable: the thread that owns the parameters owns their optimiser.
public final class Optimizer {
    /// A named vector, laid out as the trained tensors: what a checkpoint has to keep.
    public struct State: Sendable {
        /// `momentum`, or `first_moment` and `second_moment`; `average` where one is kept.
        public let name: String
        public let values: FloatBuffer
    }

    /// Floats of a piece.
    private static let grain = 16_384

    private struct Piece {
        let range: Range<Int>
        let decays: Bool
    }

    public let configuration: OptimizerConfiguration
    public let state: [State]
    private let clipNorm: Double?
    private let averageDecay: Double
    /// Floats of a gradient: frozen tensors have none.
    private let extent: Int
    private let pieces: [Piece]
    /// Sums of squares of the gradient's pieces.
    private let squares: UnsafeMutableBufferPointer<Double>

    /// - Parameters:
    ///   - clipNorm: the largest Euclidean norm that a gradient (the mean over clips) keeps; larger
    ///     ones are scaled down to it. Pascanu et al. (2013).
    ///   - averageDecay: decay of the exponential moving average of the weights; 0 keeps none.
    public init(
        _ configuration: OptimizerConfiguration, for tree: ParameterTree, clipNorm: Double? = nil,
        averageDecay: Double = 0
    ) {
        self.configuration = configuration
        self.clipNorm = clipNorm
        self.averageDecay = averageDecay
        var names =
            switch configuration.method {
            case .sgd(let momentum, _): momentum == 0 ? [] : ["momentum"]
            case .adam: ["first_moment", "second_moment"]
            }
        if averageDecay > 0 { names.append(Self.averageName) }
        state = names.map {
            State(name: $0, values: FloatBuffer(count: tree.gradientExtent))
        }
        extent = tree.gradientExtent
        pieces = tree.trained.flatMap { parameter in
            stride(from: 0, to: parameter.count, by: Self.grain).map { first in
                let end = min(first + Self.grain, parameter.count)
                return Piece(
                    range: parameter.offset + first..<parameter.offset + end,
                    decays: parameter.decays)
            }
        }
        squares = .allocate(capacity: pieces.count)
        squares.initialize(repeating: 0)
    }

    deinit { squares.deallocate() }

    /// A run's optimiser.
    public convenience init(_ train: TrainingConfiguration, for tree: ParameterTree) {
        self.init(
            train.optimizer, for: tree, clipNorm: train.clipNorm, averageDecay: train.ema)
    }

    /// The state that is the moving average of the weights.
    public static let averageName = "average"

    /// One update.
    ///
    /// - Parameters:
    ///   - gradient: sum over the batch's clips.
    ///   - clips: the batch's true count of clips, which the gradient is divided by.
    ///   - update: number of the update from 0 on; Adam's bias correction depends on it.
    ///   - rate: learning rate of this update.
    public func apply(
        _ gradient: FloatBuffer, clips: Int, update: Int, rate: Double,
        to parameters: ParameterStorage, pool: ThreadPool
    ) {
        precondition(clips > 0, "a batch without clips has no gradient")
        precondition(gradient.count >= extent, "the gradient is shorter than the trained weights")
        let scale = Float(shrinking(gradient, clips: clips, pool) / Double(clips))
        switch configuration.method {
        case .sgd(let momentum, let nesterov):
            let velocity = momentum == 0 ? nil : state.first?.values.base
            forEachPiece(pool) { first, count, decay in
                lk_update_sgd(
                    count, parameters.values.base + first, gradient.base + first,
                    velocity.map { $0 + first }, scale, Float(rate), Float(momentum), decay,
                    nesterov ? 1 : 0)
            }
        case .adam(let beta1, let beta2, let epsilon, let decoupled):
            let corrections = (correction(beta1, update), correction(beta2, update))
            let (moment1, moment2) = (state[0].values.base, state[1].values.base)
            forEachPiece(pool) { first, count, decay in
                lk_update_adam(
                    count, parameters.values.base + first, gradient.base + first,
                    moment1 + first, moment2 + first, scale, Float(rate), Float(beta1),
                    Float(beta2), Float(epsilon), decay, decoupled ? 1 : 0, corrections.0,
                    corrections.1)
            }
        }
        if averageDecay > 0 { average(parameters, update: update, pool) }
    }

    /// What the mean gradient is multiplied by to keep its norm within the limit, as
    /// `torch.nn.utils.clip_grad_norm_` does.
    private func shrinking(_ gradient: FloatBuffer, clips: Int, _ pool: ThreadPool) -> Double {
        guard let clipNorm else { return 1 }
        // Pieces write disjoint sums, which are added in their order.
        nonisolated(unsafe) let squares = squares
        pool.run(tiles: pieces.count) { tile, _ in
            let values = gradient.base + pieces[tile].range.lowerBound
            squares[tile] = VectorSums.dot(values, values, count: pieces[tile].range.count)
        }
        let norm = squares.reduce(0, +).squareRoot() / Double(clips)
        return min(1, clipNorm / (norm + 1e-6))
    }

    /// The first updates weigh more, so that the average forgets where it started: its decay is at
    /// most t / (10 + t) in update t.
    private func average(_ parameters: ParameterStorage, update: Int, _ pool: ThreadPool) {
        guard let average = state.last?.values else { return }
        let decay = min(averageDecay, Double(update) / Double(10 + update))
        forEachPiece(pool) { first, count, _ in
            lk_update_average(
                count, parameters.values.base + first, average.base + first, Float(1 - decay))
        }
    }

    private func forEachPiece(
        _ pool: ThreadPool, _ body: (_ first: Int, _ count: Int, _ decay: Float) -> Void
    ) {
        pool.run(tiles: pieces.count) { tile, _ in
            let piece = pieces[tile]
            body(
                piece.range.lowerBound, piece.range.count,
                piece.decays ? Float(configuration.decay) : 0)
        }
    }

    /// 1 - beta^(update + 1), by repeated squaring: the power of a library may differ in its last
    /// bit.
    private func correction(_ beta: Double, _ update: Int) -> Double {
        var power = 1.0
        var square = beta
        var exponent = update + 1
        while exponent > 0 {
            if exponent & 1 == 1 { power *= square }
            square *= square
            exponent >>= 1
        }
        return 1 - power
    }
}
