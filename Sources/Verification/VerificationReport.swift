/// How far one step of this implementation is from a reference's.
public struct VerificationReport: Sendable, Hashable, Codable {
    /// A tensor's error: the largest difference over the tensor's largest magnitude, or over 1e-4
    /// of the largest magnitude among all tensors of its kind where that is more.
    public struct TensorError: Sendable, Hashable, Codable {
        public let name: String
        public let error: Double
    }

    /// Tensors that are measured against each other.
    public struct Kind: Sendable, Hashable, Codable {
        public let name: String
        /// Errors above this fail.
        public let limit: Double
        /// Worst first.
        public let tensors: [TensorError]

        public var worst: Double { tensors.first?.error ?? 0 }
        /// A NaN fails.
        public var passed: Bool { tensors.allSatisfy { $0.error <= limit } }

        init(name: String, limit: Double, tensors: [TensorError]) {
            self.name = name
            self.limit = limit
            // NaN first: nothing is worse.
            self.tensors = tensors.sorted {
                ($0.error.isNaN ? .infinity : $0.error) > ($1.error.isNaN ? .infinity : $1.error)
            }
        }
    }

    public let reference: String
    public let clips: Int
    /// Trained numbers; shared ones count once.
    public let parameters: Int
    public let kinds: [Kind]

    public var passed: Bool { kinds.allSatisfy(\.passed) }
}

extension VerificationReport.Kind {
    /// Errors of `got` against `want`, tensor by tensor.
    static func comparing(
        _ name: String, limit: Double = 1e-3,
        _ pairs: [(name: String, got: [Float], want: [Float])]
    ) -> Self {
        func largest(_ values: [Float]) -> Double {
            values.reduce(0) { max($0, Double($1.magnitude)) }
        }
        let floor = 1e-4 * pairs.reduce(0) { max($0, largest($1.want)) }
        let tensors = pairs.map { pair in
            var difference = 0.0
            for (got, want) in zip(pair.got, pair.want) {
                let one = abs(Double(got) - Double(want))
                if !(one <= difference) { difference = one }
            }
            let scale = max(largest(pair.want), floor)
            return VerificationReport.TensorError(
                name: pair.name,
                error: difference == 0 ? 0 : difference / scale)
        }
        return Self(name: name, limit: limit, tensors: tensors)
    }
}
