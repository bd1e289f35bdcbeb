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
        guard let deviation = parameter.deviation else {
            if case .constant(let value) = parameter.initialiser { floats.update(repeating: value) }
            return
        }
        CounterRandom(seed: seed, stream: parameter.name.stableHash)
            .fillNormal(floats, scale: deviation)
    }
}

extension Parameter {
    /// Standard deviation of the first values, where they are random.
    var deviation: Float? {
        let taps = shape.dropFirst(2).reduce(1, *)
        switch initialiser {
        case .constant: return nil
        case .normal(let deviation): return deviation
        case .kaimingNormal: return (2 / Float(shape[0] * taps)).squareRoot()
        case .xavierNormal: return (2 / Float((shape[0] + shape[1]) * taps)).squareRoot()
        }
    }
}

extension String {
    /// FNV-1a over the UTF-8 bytes: the same in every process, unlike `hashValue`.
    var stableHash: UInt64 {
        utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
