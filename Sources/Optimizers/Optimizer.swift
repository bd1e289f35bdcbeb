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
    /// A named vector, laid out as the trainable tensors: what a checkpoint has to keep.
    public struct State: Sendable {
        /// `momentum`, or `first_moment` and `second_moment`.
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
    private let pieces: [Piece]

    public init(_ configuration: OptimizerConfiguration, for tree: ParameterTree) {
        self.configuration = configuration
        let names =
            switch configuration.method {
            case .sgd(let momentum, _): momentum == 0 ? [] : ["momentum"]
            case .adam: ["first_moment", "second_moment"]
            }
        state = names.map {
            State(name: $0, values: FloatBuffer(count: tree.trainableExtent))
        }
        pieces = tree.trainable.flatMap { parameter in
            stride(from: 0, to: parameter.count, by: Self.grain).map { first in
                let end = min(first + Self.grain, parameter.count)
                return Piece(
                    range: parameter.offset + first..<parameter.offset + end,
                    decays: parameter.decays)
            }
        }
    }

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
        precondition(
            gradient.count >= parameters.values.count, "the gradient is shorter than the weights")
        let scale = 1 / Float(clips)
        switch configuration.method {
        case .sgd(let momentum, let nesterov):
            let velocity = state.first?.values.base
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
