import Tensors

extension Network {
    /// The weight that a convolution computes with, in PyTorch's layout (out, in, [time,] height,
    /// width): a copy of its tensor, or its bank's templates mixed with its coefficients. The bits
    /// are those that a pass takes.
    public func weight(_ source: WeightSource, in storage: ParameterStorage) -> [Float] {
        func place(_ name: String) -> Range<Int> {
            guard let parameter = parameters[name] else {
                preconditionFailure("the network has no tensor \(name)")
            }
            return parameter.range
        }
        switch source {
        case .tensor(let name): return Array(storage.values.floats[place(name)])
        case .mixture(let coefficients, let templates):
            let count = place(templates[0]).count
            return [Float](unsafeUninitializedCapacity: count) { mixed, initialized in
                guard let start = mixed.baseAddress else { return }
                PlannedWeight.mix(
                    0..<count, coefficients: storage.values.base + place(coefficients).lowerBound,
                    templates: templates.map { place($0).lowerBound }, of: storage.values.base,
                    into: start)
                initialized = count
            }
        }
    }
}
