import Glibc
import Networks
import Tensors

/// The networks of `TruncationTests` in double precision, differentiated along one direction of the
/// parameters while they are evaluated.
struct TruncatedReference {
    enum Cell: Sendable, CaseIterable {
        case lstm, convLSTM
    }

    private let comparison: Comparison
    private let cell: Cell
    private let directions: [Bool]
    private let bptt: Int
    private let parameters: [Dual]
    private let hidden = 3
    private let inputs = 4

    init(
        _ comparison: Comparison, _ cell: Cell, directions: [Bool], bptt: Int,
        along direction: [Double]
    ) {
        self.comparison = comparison
        self.cell = cell
        self.directions = directions
        self.bptt = bptt
        parameters = zip(comparison.parameters.values.array, direction).map {
            Dual(value: Double($0), slope: $1)
        }
    }

    private var shape: FeatureShape { comparison.network.graph.input }
    private var pixels: Int { shape.height * shape.width }

    private func tensor(_ name: String) -> [Dual] {
        guard let parameter = comparison.network.parameters[name] else {
            preconditionFailure("no tensor \(name)")
        }
        return Array(parameters[parameter.range])
    }

    /// Sum over clips of the mean cross-entropy of their frames.
    func loss() -> Dual {
        var sum = Dual(value: 0)
        for clip in 0..<comparison.clips {
            let x = features(clip)
            let runs = directions.enumerated().map { recur(x, number: $0, backward: $1) }
            for frame in 0..<shape.time {
                let means = runs.flatMap { run in
                    (0..<hidden).map { j in
                        (0..<pixels).reduce(Dual(value: 0)) { $0 + run[frame][$1 * hidden + j] }
                            * Dual(value: 1 / Double(pixels))
                    }
                }
                let loss = crossEntropy(
                    product(means, tensor("head.weight"), tensor("head.bias")),
                    comparison.labels[clip])
                sum = sum + loss * Dual(value: 1 / Double(shape.time))
            }
        }
        return sum
    }

    private func product(_ x: [Dual], _ weight: [Dual], _ bias: [Dual]) -> [Dual] {
        bias.indices.map { row in
            x.indices.reduce(bias[row]) { $0 + x[$1] * weight[row * x.count + $1] }
        }
    }

    private func crossEntropy(_ logits: [Dual], _ label: Int) -> Dual {
        let powers = logits.map { exp($0.value) }
        let sum = powers.reduce(0, +)
        let slope = zip(powers, logits).reduce(0) { $0 + $1.0 / sum * $1.1.slope }
        return Dual(
            value: log(sum) - logits[label].value, slope: slope - logits[label].slope)
    }

    /// The pointwise convolution of each frame of a clip: (pixels, inputs).
    private func features(_ clip: Int) -> [[Dual]] {
        let none = [Dual](repeating: Dual(value: 0), count: inputs)
        return (0..<shape.time).map { frame in
            (0..<pixels).flatMap { pixel in
                let first =
                    ((clip * shape.time + frame) * pixels + pixel) * shape.channels
                let x = comparison.input[first..<first + shape.channels].map {
                    Dual(value: Double($0))
                }
                return product(x, tensor("a.weight"), none)
            }
        }
    }

    /// Hidden states (pixels, hidden) of each frame. The state that a part starts from is a constant.
    private func recur(_ x: [[Dual]], number: Int, backward: Bool) -> [[Dual]] {
        let zeros = [Dual](repeating: Dual(value: 0), count: pixels * hidden)
        var (h, c, result) = (zeros, zeros, [[Dual]](repeating: [], count: x.count))
        for step in x.indices {
            if step % bptt == 0 { (h, c) = (h.map(\.constant), c.map(\.constant)) }
            let frame = backward ? x.count - 1 - step : step
            let gates = self.gates(x[frame], h, number: number, backward: backward)
            for place in c.indices {
                let (i, f, o, g) = gates[place]
                c[place] = f.sigmoid * c[place] + i.sigmoid * g.tanh
                h[place] = o.sigmoid * c[place].tanh
            }
            result[frame] = h
        }
        return result
    }

    /// What goes into the gates (i, f, o, g) of each (pixel, hidden).
    private func gates(
        _ x: [Dual], _ h: [Dual], number: Int, backward: Bool
    ) -> [(Dual, Dual, Dual, Dual)] {
        switch cell {
        case .lstm:
            let suffix = backward ? "_l0_reverse" : "_l0"
            let own = product(
                x, tensor("lstm.weight_ih" + suffix), tensor("lstm.bias_ih" + suffix))
            let state = product(
                h, tensor("lstm.weight_hh" + suffix), tensor("lstm.bias_hh" + suffix))
            let sums = zip(own, state).map { $0 + $1 }
            return (0..<hidden).map {
                (sums[$0], sums[hidden + $0], sums[3 * hidden + $0], sums[2 * hidden + $0])
            }
        case .convLSTM:
            let weight = tensor("lstm.\(number).weight")
            let bias = tensor("lstm.\(number).bias")
            return (0..<pixels * hidden).map { place in
                let gate = { (block: Int) in
                    self.convolve(
                        x, h, weight, bias, row: block * hidden + place % hidden,
                        at: place / hidden)
                }
                return (gate(0), gate(1), gate(2), gate(3))
            }
        }
    }

    /// One output of a 3x3 convolution of input and state, whose weight is (row, channel, 3, 3).
    private func convolve(
        _ x: [Dual], _ h: [Dual], _ weight: [Dual], _ bias: [Dual], row: Int, at pixel: Int
    ) -> Dual {
        var sum = bias[row]
        for tap in 0..<9 {
            let y = pixel / shape.width + tap / 3 - 1
            let z = pixel % shape.width + tap % 3 - 1
            guard (0..<shape.height).contains(y), (0..<shape.width).contains(z) else { continue }
            let other = y * shape.width + z
            for channel in 0..<inputs + hidden {
                let value =
                    channel < inputs
                    ? x[other * inputs + channel] : h[other * hidden + channel - inputs]
                sum = sum + value * weight[(row * (inputs + hidden) + channel) * 9 + tap]
            }
        }
        return sum
    }
}
