import Glibc
import Networks

/// Operations on sequences of frames, as their definitions read.
extension ReferenceNetwork {
    /// One direction of an LSTM, gates i, f, g, o.
    func recur(_ x: Value, _ own: LSTM, _ y: inout Value) {
        let (frames, inputs, hidden) = (x.shape.time, x.shape.channels, own.hidden)
        let weights = (Array(tensor(own.inputWeight)), Array(tensor(own.hiddenWeight)))
        let biases = (Array(tensor(own.inputBias)), Array(tensor(own.hiddenBias)))
        for clip in 0..<clips {
            var h = [Double](repeating: 0, count: hidden)
            var c = h
            let order = Array(0..<frames)
            for frame in own.backward ? order.reversed() : order {
                let row = clip * frames + frame
                let gates = (0..<4 * hidden).map { gate in
                    var sum = biases.0[gate] + biases.1[gate]
                    for i in 0..<inputs {
                        sum += x.values[row * inputs + i] * weights.0[gate * inputs + i]
                    }
                    for j in 0..<hidden { sum += h[j] * weights.1[gate * hidden + j] }
                    return sum
                }
                for j in 0..<hidden {
                    c[j] =
                        sigmoid(gates[hidden + j]) * c[j]
                        + sigmoid(gates[j]) * tanh(gates[2 * hidden + j])
                    h[j] = sigmoid(gates[3 * hidden + j]) * tanh(c[j])
                    y.values[row * hidden + j] = h[j]
                }
            }
        }
    }

    func normalise(_ x: Value, _ own: LayerNorm, _ y: inout Value) {
        let channels = x.shape.channels
        let (scale, shift) = (Array(tensor(own.scale)), Array(tensor(own.shift)))
        for first in stride(from: 0, to: x.values.count, by: channels) {
            let row = x.values[first..<first + channels]
            let mean = row.reduce(0, +) / Double(channels)
            let variance =
                row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(channels)
            for c in 0..<channels {
                y.values[first + c] =
                    (x.values[first + c] - mean) / (variance + LayerNorm.epsilon).squareRoot()
                    * scale[c] + shift[c]
            }
        }
    }

    func addPositions(_ x: Value, _ y: inout Value) {
        let (frames, channels) = (x.shape.time, x.shape.channels)
        for place in x.values.indices {
            let (frame, channel) = (place / channels % frames, place % channels)
            let angle = Double(frame) / pow(10_000, Double(channel / 2 * 2) / Double(channels))
            y.values[place] = x.values[place] + (channel % 2 == 0 ? sin(angle) : cos(angle))
        }
    }

    func attend(_ x: Value, _ own: Attention, _ y: inout Value) {
        let (frames, channels) = (x.shape.time, y.shape.channels)
        let width = channels / own.heads
        /// Query (0), key (1) or value (2) of a frame.
        func read(_ part: Int, _ clip: Int, _ frame: Int, _ channel: Int) -> Double {
            x.values[(clip * frames + frame) * 3 * channels + part * channels + channel]
        }
        for clip in 0..<clips {
            for head in 0..<own.heads {
                let range = head * width..<(head + 1) * width
                for frame in 0..<frames {
                    let powers = (0..<frames).map { other in
                        let score = range.reduce(0) {
                            $0 + read(0, clip, frame, $1) * read(1, clip, other, $1)
                        }
                        return exp(score / Double(width).squareRoot())
                    }
                    let sum = powers.reduce(0, +)
                    for channel in range {
                        y.values[(clip * frames + frame) * channels + channel] =
                            (0..<frames).reduce(0) {
                                $0 + powers[$1] / sum * read(2, clip, $1, channel)
                            }
                    }
                }
            }
        }
    }
}
