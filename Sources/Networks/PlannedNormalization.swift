import CKernels
import Tensors

/// Places of a batch norm's tensors in the flat vectors.
struct NormalizationTensors: Sendable {
    let channels: Int
    let scale: Int
    let shift: Int
    let runningMean: Int
    let runningVariance: Int

    /// Scale and shift of evaluation. `scale` receives 2 x channels: the factors, to be folded into
    /// a weight, then ones.
    func foldRunning(
        scale: UnsafeMutablePointer<Float>, shift: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        for channel in 0..<channels {
            var mean = Double(pass.running[runningMean + channel])
            var variance = Double(pass.running[runningVariance + channel])
            lk_batchnorm_fold(
                1, &mean, &variance, pass.parameters + self.scale + channel,
                pass.parameters + self.shift + channel, BatchNorm.epsilon, scale + channel,
                shift + channel)
        }
        lk_fill(channels, 1, scale + channels)
    }
}

/// Batch norm of training, with what follows it: a residual that is added, ReLU, or ReLU and 2x2
/// averages.
struct PlannedNormalization: PlannedOperation {
    enum Ending: Sendable, Hashable {
        case none, relu, reluPool2
    }

    let name: String
    let tensors: NormalizationTensors
    /// Pixels of the batch.
    let rows: Int
    let clips: Int
    /// Height and width of a map, and maps in the batch.
    let map: (height: Int, width: Int, images: Int)
    let ending: Ending
    let statisticRows: Int
    let statistics: PlannedConvolution.Statistics
    /// Statistics that a convolution has not summed up are taken here.
    let takesStatistics: Bool
    /// Doubles: mean and variance; then the sums of the way back.
    let moments: BufferID
    /// Floats: scale and shift.
    let affine: BufferID
    let x: BufferID
    var residual: BufferID?
    var y: BufferID
    let backward: Backward?

    struct Backward: Sendable {
        let dy: BufferID
        /// What came of the way forward; nil where the way back sees from x what ReLU let through.
        let output: BufferID?
        /// Nil where neither what comes in nor the residual is trained.
        let dx: BufferID?
        let residual: GradientTarget?
        let trainsScale: Bool
        let trainsShift: Bool
        /// Doubles: sums of dy and of dy (x - mean), per tile and of all.
        let sums: BufferID
        /// Floats: the three coefficients of dx.
        let coefficients: BufferID
    }

    /// Pixels of a tile: about 128 kB of activations.
    var tileRows: Int { max(1, 32_768 / tensors.channels) }
    /// Whether the result is larger than the caches that threads share.
    private var streams: Bool { rows * tensors.channels >= 2_097_152 }
    /// Maps of a tile, where the tile has to be whole maps.
    var tileImages: Int { max(1, tileRows / (map.height * map.width)) }
    /// Tiles of the sums of the way back.
    var sumTiles: Int {
        ending == .reluPool2 ? map.images.parts(of: tileImages) : rows.parts(of: tileRows)
    }

    var forwardBuffers: [BufferID] {
        [x, y, moments, affine, statistics.means, statistics.squares]
            + [residual].compactMap(\.self)
    }

    /// Buffers of `apply`.
    var appliedBuffers: [BufferID] { [x, y, affine] + [residual].compactMap(\.self) }

    /// What `apply` has to do.
    var applicationWork: OperationCost.Work {
        OperationCost.Work(floats: (residual == nil ? 2 : 3) * rows * tensors.channels)
    }

    var backwardBuffers: [BufferID] {
        guard let backward else { return [] }
        return [x, moments, affine, backward.dy, backward.sums, backward.coefficients]
            + [backward.output, backward.dx, backward.residual?.buffer].compactMap(\.self)
    }

    var cost: OperationCost {
        let floats = rows * tensors.channels
        let pools = ending == .reluPool2
        let results =
            pools
            ? map.images * (map.height / 2) * (map.width / 2) * tensors.channels : floats
        // The sums over the batch come first: what they are made of is read once more after them.
        let sweep = floats + results + (backward?.output == nil ? 0 : floats)
        let back = backward.map {
            OperationCost.Work(
                floats: sweep
                    + ($0.dx == nil
                        ? 0 : sweep + floats + ($0.residual?.sweeps ?? 0) * floats))
        }
        return OperationCost(
            name: name, kind: .normalization,
            title: "batch norm" + (pools ? ", pool" : residual == nil ? "" : ", add"),
            forward: OperationCost.Work(
                floats: (takesStatistics ? 2 : 1) * floats + results
                    + (residual == nil ? 0 : floats)),
            backward: back ?? .none)
    }

    func forward(_ pass: Pass) {
        let channels = tensors.channels
        if takesStatistics {
            let input = pass[x]
            pass.tiles(rows, of: statisticRows) { range, _ in
                let place = range.lowerBound / statisticRows * channels
                lk_batchnorm_statistics(
                    range.count, channels, input + range.lowerBound * channels,
                    pass.doubles(statistics.means) + place,
                    pass.doubles(statistics.squares) + place)
            }
        }
        let mean = pass.doubles(moments)
        let variance = mean + channels
        combine(mean: mean, variance: variance, pass)
        let scale = pass[affine]
        let shift = scale + channels
        lk_batchnorm_fold(
            channels, mean, variance, pass.parameters + tensors.scale,
            pass.parameters + tensors.shift, BatchNorm.epsilon, scale, shift)
        storeStatistics(mean: mean, variance: variance, pass)
        apply(pass)
    }

    private func combine(
        mean: UnsafeMutablePointer<Double>, variance: UnsafeMutablePointer<Double>, _ pass: Pass
    ) {
        let tiles = rows.parts(of: statisticRows)
        withUnsafeTemporaryAllocation(of: Int.self, capacity: tiles) { counts in
            for tile in 0..<tiles { counts[tile] = tile.range(of: statisticRows, in: rows).count }
            lk_batchnorm_combine(
                tiles, tensors.channels, counts.baseAddress, pass.doubles(statistics.means),
                pass.doubles(statistics.squares), mean, variance)
        }
    }

    /// The batch's mean and unbiased variance, times its clips.
    private func storeStatistics(
        mean: UnsafePointer<Double>, variance: UnsafePointer<Double>, _ pass: Pass
    ) {
        let unbiased = Double(rows) / Double(max(rows - 1, 1)) * Double(clips)
        for channel in 0..<tensors.channels {
            pass.statistics[tensors.runningMean + channel] = Float(mean[channel] * Double(clips))
            pass.statistics[tensors.runningVariance + channel] =
                Float(variance[channel] * unbiased)
        }
    }

    /// y from x, whose statistics are known.
    func apply(_ pass: Pass) {
        let channels = tensors.channels
        let scale = pass[affine]
        let shift = scale + channels
        let input = pass[x]
        let output = pass[y]
        if ending == .reluPool2 {
            let from = map.height * map.width * channels
            let to = (map.height / 2) * (map.width / 2) * channels
            pass.tiles(map.images, of: tileImages) { images, _ in
                lk_affine_relu_pool2(
                    images.count, map.height, map.width, channels,
                    input + images.lowerBound * from, scale, shift,
                    output + images.lowerBound * to)
            }
            return
        }
        let added = residual.map { pass[$0] }
        pass.tiles(rows, of: tileRows) { range, _ in
            let first = range.lowerBound * channels
            let apply = streams ? lk_batchnorm_apply_streaming : lk_batchnorm_apply
            apply(
                range.count, channels, input + first, scale, shift, added.map { $0 + first },
                ending == .relu ? 1 : 0, output + first)
        }
    }
}
