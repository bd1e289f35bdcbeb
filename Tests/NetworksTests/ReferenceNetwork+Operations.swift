import Glibc
import Networks

func exp(_ x: Double) -> Double { Glibc.exp(x) }
func log(_ x: Double) -> Double { Glibc.log(x) }

extension ReferenceNetwork {
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// One direction of a ConvLSTM, as in its definition: one convolution of input and state a
    /// frame.
    func recur(_ x: Value, _ own: ConvLSTM, _ y: inout Value) {
        let (from, hidden, k) = (x.shape, own.hidden, own.kernel)
        let w = Array(tensor(own.weight))
        let bias = Array(tensor(own.bias))
        let depth = from.channels + hidden
        let pixels = from.height * from.width
        for clip in 0..<clips {
            var h = [Double](repeating: 0, count: pixels * hidden)
            var c = h
            let frames = Array(0..<from.time)
            for frame in own.backward ? frames.reversed() : frames {
                let image = (clip * from.time + frame) * pixels
                var next = h
                for row in 0..<from.height {
                    for column in 0..<from.width {
                        var gates = bias
                        for b in 0..<k {
                            for d in 0..<k {
                                let (sy, sx) = (row + b - k / 2, column + d - k / 2)
                                guard (0..<from.height).contains(sy),
                                    (0..<from.width).contains(sx)
                                else { continue }
                                let pixel = sy * from.width + sx
                                for g in 0..<4 * hidden {
                                    for i in 0..<depth {
                                        let value =
                                            i < from.channels
                                            ? x.values[(image + pixel) * from.channels + i]
                                            : h[pixel * hidden + i - from.channels]
                                        gates[g] += value * w[((g * depth + i) * k + b) * k + d]
                                    }
                                }
                            }
                        }
                        let pixel = row * from.width + column
                        for j in 0..<hidden {
                            let cell =
                                sigmoid(gates[hidden + j]) * c[pixel * hidden + j]
                                + sigmoid(gates[j]) * tanh(gates[3 * hidden + j])
                            c[pixel * hidden + j] = cell
                            next[pixel * hidden + j] = sigmoid(gates[2 * hidden + j]) * tanh(cell)
                            y.values[(image + pixel) * hidden + j] = next[pixel * hidden + j]
                        }
                    }
                }
                h = next
            }
        }
    }

    /// Operations without parameters that read single values, maxima or means.
    func rearrange(_ inputs: [Value], _ operation: Networks.Operation, _ y: inout Value) {
        let to = y.shape
        for clip in 0..<clips {
            for t in 0..<to.time {
                for row in 0..<to.height {
                    for column in 0..<to.width {
                        for channel in 0..<to.channels {
                            let place =
                                (((clip * to.time + t) * to.height + row) * to.width + column)
                                * to.channels + channel
                            y.values[place] = element(
                                inputs, operation, to, (clip, t, row, column, channel))
                        }
                    }
                }
            }
        }
    }

    private func element(
        _ inputs: [Value], _ operation: Networks.Operation, _ to: FeatureShape,
        _ at: (clip: Int, t: Int, row: Int, column: Int, channel: Int)
    ) -> Double {
        let from = inputs[0].shape
        func read(_ value: Int = 0, t: Int, _ row: Int, _ column: Int, _ channel: Int) -> Double {
            let s = inputs[value].shape
            return inputs[value].values[
                (((at.clip * s.time + t) * s.height + row) * s.width + column) * s.channels
                    + channel]
        }
        func mean(_ rows: Range<Int>, _ columns: Range<Int>) -> Double {
            var sum = 0.0
            for r in rows { for c in columns { sum += read(t: at.t, r, c, at.channel) } }
            return sum / Double(rows.count * columns.count)
        }
        func bin(_ index: Int, of bins: Int, _ size: Int) -> Range<Int> {
            index * size / bins..<((index + 1) * size + bins - 1) / bins
        }
        switch operation {
        case .maxPool(let own):
            var best = -Double.infinity
            for b in 0..<own.kernel {
                for d in 0..<own.kernel {
                    let r = at.row * own.stride - own.padding + b
                    let c = at.column * own.stride - own.padding + d
                    if (0..<from.height).contains(r), (0..<from.width).contains(c) {
                        best = max(best, read(t: at.t, r, c, at.channel))
                    }
                }
            }
            return best
        case .averagePool2:
            return mean(2 * at.row..<2 * at.row + 2, 2 * at.column..<2 * at.column + 2)
        case .adaptiveAveragePool(let height, let width):
            return mean(
                bin(at.row, of: height, from.height), bin(at.column, of: width, from.width))
        case .gatherFrames(let frames):
            return read(t: frames[at.t], at.row, at.column, at.channel)
        case .repeatFrames(let times):
            return read(t: at.t / times, at.row, at.column, at.channel)
        case .concatenate:
            var channel = at.channel
            for (number, input) in inputs.enumerated() {
                if channel < input.shape.channels {
                    return read(number, t: at.t, at.row, at.column, channel)
                }
                channel -= input.shape.channels
            }
            preconditionFailure("more channels than the inputs have")
        case .flatten:
            let pixels = from.height * from.width
            let pixel = at.channel % pixels
            return read(t: at.t, pixel / from.width, pixel % from.width, at.channel / pixels)
        case .subsample(let stride, _):
            return at.channel < from.channels
                ? read(t: at.t, at.row * stride, at.column * stride, at.channel) : 0
        default:
            preconditionFailure("\(operation) has a function of its own")
        }
    }
}
