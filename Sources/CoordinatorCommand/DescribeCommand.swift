import ArgumentParser
import Configuration
import Foundation
import Models
import Networks

/// `coordinator describe`: the layers of a configuration's model and what they cost.
struct DescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show a model's layers, parameters, work and memory.",
        discussion: """
            Example: coordinator describe --config configs/seed.yaml --set train.slots=8

            No dataset is needed. The last line tells what a step exchanges, and the memory that a slot takes.
            """)

    @Option(help: "Configuration file of a run.", completion: .configurations)
    var config: String

    @Option(name: .customLong("set"), help: "Override a key: train.batch=16. May be repeated.")
    var overrides: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let run = try RunConfiguration(contentsOf: config, overrides: overrides)
        let description = try ModelDescription(run)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            print(String(decoding: try encoder.encode(description), as: UTF8.self))
        } else {
            print(description.text)
        }
    }
}

/// What `describe` tells of a model.
private struct ModelDescription: Encodable {
    let name: String
    let input: [Int]
    let layers: [Graph.LayerCost]
    /// Shared ones counted once.
    let parameters: Int
    /// As many as there would be if nothing were shared.
    let effectiveParameters: Int
    /// Those of them that `train.freeze` leaves as they start.
    let frozenParameters: Int
    /// Of one clip, forward; a training step takes three times as many.
    let multiplyAdds: Int
    /// Gradient and batch-norm statistics: what a step reduces over workers.
    let bytesReduced: Int
    /// Clips of the largest slot.
    let slotClips: Int
    /// Activations, gradients and what layers keep, while a worker computes a slot.
    let slotBytes: Int

    init(_ run: RunConfiguration) throws(ModelError) {
        let network = try Network(run)
        name = run.name
        let shape = network.graph.input
        input = [shape.time, shape.height, shape.width, shape.channels]
        layers = network.graph.costs(network.parameters)
        parameters = network.parameters.trainableCount
        effectiveParameters = network.graph.effectiveParameters(network.parameters)
        frozenParameters = parameters - network.parameters.trainedCount
        multiplyAdds = layers.reduce(0) { $0 + $1.multiplyAdds }
        let tree = network.parameters
        bytesReduced =
            (tree.gradientExtent + tree.batchStatisticsExtent) * MemoryLayout<Float>.stride
        slotClips = (run.train.batch + run.train.slots - 1) / run.train.slots
        slotBytes = Plan(network, clips: slotClips, mode: .training).arenaBytes
    }

    var text: String {
        let rows = layers.filter { $0.operation != "ReLU" && $0.operation != "add" }.map {
            [
                $0.name, $0.operation, $0.shape.map(String.init).joined(separator: " x "),
                $0.parameters == 0 ? "" : grouped($0.parameters),
                $0.multiplyAdds == 0 ? "" : grouped($0.multiplyAdds),
            ]
        }
        let title = [
            "layer", "operation", "time x height x width x channel", "parameters",
            "multiply-adds",
        ]
        var lines: [String?] = table([title] + rows)
        lines += [
            "",
            "\(name): \(grouped(parameters)) parameters, "
                + (frozenParameters == 0
                    ? ""
                    : "\(grouped(parameters - frozenParameters)) of them trained and "
                        + "\(grouped(frozenParameters)) frozen, ")
                + "\(grouped(multiplyAdds)) multiply-adds per clip (forward)",
            sharing,
            "\(size(bytesReduced)) reduced per step; "
                + "\(size(slotBytes)) of memory for a slot of \(slotClips) "
                + (slotClips == 1 ? "clip" : "clips"),
        ]
        return lines.compactMap(\.self).joined(separator: "\n")
    }

    /// What sharing saves; nil where nothing is shared.
    private var sharing: String? {
        guard effectiveParameters != parameters else { return nil }
        let bytes = (effectiveParameters - parameters) * MemoryLayout<Float>.stride
        return "\(grouped(effectiveParameters)) effective parameters: sharing "
            + (bytes > 0
                ? "saves \(size(bytes)) per step"
                : "saves nothing, for it has as many templates as uses")
    }

    /// Columns side by side, numbers to the right.
    private func table(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let gap = String(repeating: " ", count: widths[column] - row[column].count)
                return column < 2 ? row[column] + gap : gap + row[column]
            }.joined(separator: "  ")
        }
    }

    private func grouped(_ number: Int) -> String {
        var digits = Array(String(number))
        for place in stride(from: digits.count - 3, to: 0, by: -3) {
            digits.insert(",", at: place)
        }
        return String(digits)
    }

    private func size(_ bytes: Int) -> String {
        String(format: "%.1f MB", Double(bytes) / 1_000_000)
    }
}
