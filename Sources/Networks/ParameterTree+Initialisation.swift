import Tensors

extension ParameterTree {
    /// Draws every tensor from `seed`. A tensor's numbers depend on the seed and its name alone, so
    /// a layer that is added elsewhere does not change them.
    public func initialise(_ storage: ParameterStorage, seed: UInt64) {
        for parameter in trainable {
            initialise(parameter, storage.values.base + parameter.offset, seed)
        }
        for parameter in statistics {
            initialise(parameter, storage.statistics.base + parameter.offset, seed)
        }
    }

    private func initialise(
        _ parameter: Parameter, _ values: UnsafeMutablePointer<Float>, _ seed: UInt64
    ) {
        let floats = UnsafeMutableBufferPointer(start: values, count: parameter.count)
        let random = CounterRandom(seed: seed, stream: parameter.name.stableHash)
        let taps = parameter.shape.dropFirst(2).reduce(1, *)
        switch parameter.initialiser {
        case .constant(let value): floats.update(repeating: value)
        case .normal(let deviation): random.fillNormal(floats, scale: deviation)
        case .uniform(let bound): random.fillUniform(floats, offset: -bound, scale: 2 * bound)
        case .kaimingNormal:
            let fan = parameter.shape[0] * taps
            random.fillNormal(floats, scale: (2 / Float(fan)).squareRoot())
        case .xavierNormal:
            let fans = (parameter.shape[0] + parameter.shape[1]) * taps
            random.fillNormal(floats, scale: (2 / Float(fans)).squareRoot())
        }
    }
}

extension String {
    /// FNV-1a over the UTF-8 bytes: the same in every process, unlike `hashValue`.
    var stableHash: UInt64 {
        utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
