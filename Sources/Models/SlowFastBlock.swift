import Configuration
import Networks

/// Where a residual block of the paper's network stands; stages and blocks count from 0.
struct SlowFastBlock {
    /// One of the two ways through the network.
    enum Pathway {
        case slow, fast

        static let all = [Pathway.slow, .fast]

        /// As in the parameters' names.
        var number: Int { self == .slow ? 0 : 1 }
    }

    let stage: Int
    let pathway: Pathway
    let block: Int

    var name: String { "s\(stage + 2).pathway\(pathway.number)_res\(block)" }
    var isFirst: Bool { block == 0 }
    var stride: Int { isFirst && stage > 0 ? 2 : 1 }
    /// The slow pathway looks along time in its last two stages alone.
    var temporalKernel: Int { pathway == .fast || stage >= 2 ? 3 : 1 }

    /// Where the weight of one of the block's convolutions comes from.
    ///
    /// Convolutions of one stage, pathway and shape share a bank, but for those of the stage's
    /// first block: each mixes its templates with coefficients of its own (same-level), or all are
    /// one tensor (cross-level).
    func weight(
        _ name: String, _ sharing: SharingConfiguration, outputs: Int, inputs: Int, kernel: Extent
    ) -> WeightSource {
        if isFirst || sharing.kind == .none { return .tensor(name + ".weight") }
        let shape = [outputs, inputs, kernel.time, kernel.height, kernel.width]
        let bank =
            "banks.s\(stage + 2)_pathway\(pathway.number)_"
            + shape.map(String.init).joined(separator: "x") + ".templates."
        if sharing.kind == .crossLevel { return .tensor(bank + "0") }
        return .mixture(
            coefficients: name + ".coefficients",
            templates: (0..<sharing.templates).map { bank + String($0) })
    }
}
