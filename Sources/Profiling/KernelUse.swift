public import Networks

/// One use of a kernel in a step, and how long it took.
public struct KernelUse: Sendable, Hashable {
    public let kernel: String
    public let work: OperationCost.Work
    public let seconds: Double
    /// Whether it is no part of the step that a profile times, though a worker does it.
    public let isBeside: Bool

    public init(
        _ kernel: String, _ work: OperationCost.Work, seconds: Double, isBeside: Bool = false
    ) {
        self.kernel = kernel
        self.work = work
        self.seconds = seconds
        self.isBeside = isBeside
    }

    /// The same uses several times measured, each with its median time.
    static func medians(_ measured: [[KernelUse]]) -> [KernelUse] {
        (measured.first ?? []).enumerated().map { index, use in
            KernelUse(
                use.kernel, use.work, seconds: measured.map { $0[index].seconds }.median,
                isBeside: use.isBeside)
        }
    }

    /// What the operations of a plan use: a convolution's way back is two kernels, the gradient of
    /// the input and that of the weight.
    static func all(
        _ costs: [OperationCost], forward: [OperationProfile.Direction],
        backward: [OperationProfile.Direction], inputGradient: [Double]
    ) -> [KernelUse] {
        costs.indices.flatMap { index in
            let cost = costs[index]
            let name = cost.kind.rawValue + (cost.method.map { ", \($0.rawValue)" } ?? "")
            let back = backward[index].milliseconds / 1000
            var uses = [
                KernelUse(
                    name + ": forward", cost.forward,
                    seconds: forward[index].milliseconds / 1000)
            ]
            if cost.method == nil {
                uses.append(KernelUse(name + ": backward", cost.backward, seconds: back))
            } else {
                let first = cost.inputGradient
                let rest = OperationCost.Work(
                    multiplyAdds: cost.backward.multiplyAdds - first.multiplyAdds,
                    bytes: cost.backward.bytes - first.bytes)
                uses += [
                    KernelUse(name + ": input gradient", first, seconds: inputGradient[index]),
                    KernelUse(
                        name + ": weight gradient", rest, seconds: back - inputGradient[index]),
                ]
            }
            return uses.filter { $0.work.bytes > 0 || $0.seconds > 0 }
        }
    }
}
