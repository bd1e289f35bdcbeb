import Networks
import Tensors

extension ReferenceNetwork {
    /// Keys of the clips' draws in every comparison.
    static func key(of clip: Int) -> UInt64 { 77 + UInt64(clip) }

    func average(_ x: Value, _ window: (height: Int, width: Int), _ y: inout Value) {
        let (from, to) = (x.shape, y.shape)
        for clip in 0..<clips {
            for row in 0..<to.height {
                for column in 0..<to.width {
                    for channel in 0..<to.channels {
                        var sum = 0.0
                        for t in 0..<from.time {
                            for r in row..<row + window.height {
                                for c in column..<column + window.width {
                                    let pixel =
                                        ((clip * from.time + t) * from.height + r) * from.width + c
                                    sum += x.values[pixel * from.channels + channel]
                                }
                            }
                        }
                        let place = (clip * to.height + row) * to.width + column
                        y.values[place * to.channels + channel] =
                            sum / Double(from.time * window.height * window.width)
                    }
                }
            }
        }
    }

    /// The stream of a layer's draws is the FNV-1a hash of its name.
    func drop(_ x: Value, _ rate: Double, name: String, _ y: inout Value) {
        guard training else {
            y.values = x.values
            return
        }
        let stream = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        let count = x.shape.count
        for index in x.values.indices {
            let random = CounterRandom(seed: Self.key(of: index / count), stream: stream)
            let drawn = Double(random.uniform(at: UInt64(index % count)))
            y.values[index] = drawn < rate ? 0 : x.values[index] / (1 - rate)
        }
    }

    func meanProbability(_ x: Value, _ y: inout Value) {
        let (places, classes) = (x.shape.pixels, x.shape.channels)
        for clip in 0..<clips {
            var mean = [Double](repeating: 0, count: classes)
            for place in 0..<places {
                let first = (clip * places + place) * classes
                let powers = x.values[first..<first + classes].map { exp($0) }
                for (index, power) in powers.enumerated() {
                    mean[index] += power / powers.reduce(0, +) / Double(places)
                }
            }
            for index in 0..<classes { y.values[clip * classes + index] = log(mean[index]) }
        }
    }
}
