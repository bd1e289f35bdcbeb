/// The names that PyTorchVideo's `create_slowfast` gives to the tensors of `kind: slowfast`.
///
/// Its blocks are the stem (0), four stages (1 to 4), the pooling (5) and the head (6):
///
///     s1.pathway0_stem.bn.weight           blocks.0.multipathway_blocks.0.norm.weight
///     s1_fuse.conv_f2s.weight              blocks.0.multipathway_fusion.conv_fast_to_slow.weight
///     s2.pathway1_res0.branch1.weight      blocks.1.multipathway_blocks.1.res_blocks.0.branch1_conv.weight
///     s2.pathway1_res0.branch2.a_bn.bias   blocks.1.multipathway_blocks.1.res_blocks.0.branch2.norm_a.bias
///     head.projection.weight               blocks.6.proj.weight
enum PyTorchVideoNames {
    /// Layers of a part of the network: our name and the name there.
    private static let stem = [("conv", "conv"), ("bn", "norm")]
    private static let fusion = [("conv_f2s", "conv_fast_to_slow"), ("bn", "norm")]
    private static let block =
        [("branch1", "branch1_conv"), ("branch1_bn", "branch1_norm")]
        + ["a", "b", "c"].flatMap {
            [("branch2.\($0)", "branch2.conv_\($0)"), ("branch2.\($0)_bn", "branch2.norm_\($0)")]
        }

    static func foreign(_ own: String) -> String? {
        let parts = own.split(separator: ".").map(String.init)
        guard parts.count >= 3, let leaf = parts.last else { return nil }
        let layer = parts[1..<parts.count - 1].joined(separator: ".")
        if parts[0] == "head", layer == "projection" { return "blocks.6.proj.\(leaf)" }
        if let stage = number(parts[0], "s", "_fuse") {
            return there(layer, fusion).map {
                "blocks.\(stage - 1).multipathway_fusion.\($0).\(leaf)"
            }
        }
        guard let stage = number(parts[0], "s", "") else { return nil }
        let inner = parts[2..<parts.count - 1].joined(separator: ".")
        if stage == 1, let pathway = number(parts[1], "pathway", "_stem") {
            return there(inner, stem).map {
                "blocks.0.multipathway_blocks.\(pathway).\($0).\(leaf)"
            }
        }
        let place = parts[1].split(separator: "_").map(String.init)
        guard place.count == 2, let pathway = number(place[0], "pathway", ""),
            let index = number(place[1], "res", "")
        else { return nil }
        return there(inner, block).map {
            "blocks.\(stage - 1).multipathway_blocks.\(pathway).res_blocks.\(index).\($0).\(leaf)"
        }
    }

    static func own(_ foreign: String) -> String? {
        let parts = foreign.split(separator: ".").map(String.init)
        guard parts.count >= 4, parts[0] == "blocks", let index = Int(parts[1]),
            let leaf = parts.last
        else { return nil }
        if index == 6, parts[2] == "proj" { return "head.projection.\(leaf)" }
        let layer = { (first: Int) in
            parts[min(first, parts.count - 1)..<parts.count - 1].joined(separator: ".")
        }
        if parts[2] == "multipathway_fusion" {
            return here(layer(3), fusion).map { "s\(index + 1)_fuse.\($0).\(leaf)" }
        }
        guard parts[2] == "multipathway_blocks", let pathway = Int(parts[3]) else { return nil }
        if index == 0 {
            return here(layer(4), stem).map { "s1.pathway\(pathway)_stem.\($0).\(leaf)" }
        }
        guard parts.count >= 7, parts[4] == "res_blocks", let number = Int(parts[5]) else {
            return nil
        }
        return here(layer(6), block).map {
            "s\(index + 1).pathway\(pathway)_res\(number).\($0).\(leaf)"
        }
    }

    private static func there(_ layer: String, _ table: [(String, String)]) -> String? {
        table.first { $0.0 == layer }?.1
    }

    private static func here(_ layer: String, _ table: [(String, String)]) -> String? {
        table.first { $0.1 == layer }?.0
    }

    /// The number between a prefix and a suffix.
    private static func number(_ text: String, _ prefix: String, _ suffix: String) -> Int? {
        guard text.hasPrefix(prefix), text.hasSuffix(suffix),
            text.count > prefix.count + suffix.count
        else { return nil }
        return Int(text.dropFirst(prefix.count).dropLast(suffix.count))
    }
}
