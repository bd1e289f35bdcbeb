import Foundation
import Testing

/// Runs of the whole model family, with everything that is drawn while training.
@Suite("The bits of a run do not depend on its workers", .serialized, .timeLimit(.minutes(10)))
struct FamilyBitsTests {
    /// Overrides of the tiny configuration.
    struct Variant: CustomTestStringConvertible {
        let testDescription: String
        let overrides: [String]
    }

    private static let joint = "model.models=[{alpha: 2}, {alpha: 4, weight: 0.5}]"
    private static let augmentation = [
        "data.augment={area: [0.4, 1], brightness: 0.3, contrast: 0.3, saturation: 0.3, time: 0.3}",
        "data.blur=0.7", "train.mixup=0.4", "train.label_smoothing=0.1", "train.clip_norm=0.5",
        "train.ema=0.9",
    ]

    private static func paper(_ more: String) -> String {
        "model={kind: slowfast, classes: 4, input: {frames: 4, size: 20}, alpha: 2, "
            + "beta_inverse: 2, width: 4, fusion_kernel: 3, dropout: 0.5, \(more)}"
    }

    static let variants = [
        Variant(
            testDescription: "two models that mix templates, all augmentation",
            overrides: [
                joint, "model.sharing={kind: same-level, templates: 2}", "model.loss.ensemble=0.5",
            ] + augmentation),
        Variant(
            testDescription: "two models with tied convolutions",
            overrides: [
                joint, "model.sharing.kind=cross-level", "model.slow.layers=[2, 2]",
                "data.augment.scale=[18, 26]",
            ]),
        Variant(
            testDescription: "an LSTM with truncated gradients",
            overrides: ["model.fast={encoder: lstm, hidden: 4, channels: 4, bptt: 2}"]
                + augmentation),
        Variant(
            testDescription: "convolutions in bf16",
            overrides: ["model.slow.width=32", "train.precision=bf16"]),
        Variant(
            testDescription: "a Transformer",
            overrides: ["model.fast={encoder: transformer, hidden: 8, heads: 2, channels: 4}"]),
        Variant(
            testDescription: "the paper's network, tied, with dropout",
            overrides: [
                paper("block: basic, layers: [2, 2, 1, 1], sharing: {kind: cross-level}")
            ] + augmentation),
        Variant(
            testDescription: "the paper's network in bf16",
            overrides: [
                paper("block: basic, layers: [1, 1, 1, 1], sharing: {kind: none}"),
                "model.width=16", "model.beta_inverse=2", "train.precision=bf16",
            ]),
        Variant(
            testDescription: "the paper's network, mixed, with dropout",
            overrides: [
                paper("layers: [3, 1, 1, 1], sharing: {kind: same-level, templates: 2}")
            ]),
    ]

    @Test("with sharing of every kind, dropout and augmentation", arguments: variants)
    func sameBits(variant: Variant) async throws {
        let tiny = try await TinyRun()
        var hashes: [String] = []
        for workers in 1...3 {
            let result = try await Command(
                "coordinator",
                tiny.start(
                    "w\(workers)", "--local-workers", "\(workers)", "--threads-per-worker",
                    workers == 2 ? "2" : "1")
                    + variant.overrides.flatMap { ["--set", $0] }
            ).finish()
            #expect(result.status == 0, "\(result.errors)\(result.output)")
            hashes.append(try #require(result.weights))
        }
        #expect(Set(hashes).count == 1, "\(hashes)")
    }
}
