import Checkpoints
import Foundation
import Interchange
import Testing

@Suite("Exported names and shapes")
struct NameTests {
    private func expect(
        _ export: WeightExport, like fixture: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let text = try String(
            contentsOf: folder.appendingPathComponent("Fixtures/\(fixture).txt"), encoding: .utf8)
        let want = text.split(separator: "\n").map(String.init)
        let got = export.tensors.map { tensor in
            let shape = tensor.shape.map(String.init).joined(separator: "x")
            return "\(tensor.name) \(shape.isEmpty ? "scalar" : shape)"
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(Set(got).symmetricDifference(want).sorted() == [], sourceLocation: sourceLocation)
        #expect(got.count == want.count, sourceLocation: sourceLocation)
    }

    private func slowBranch(_ slow: String) throws -> Sample {
        try Sample(
            """
            kind: slowfast-lstm
            classes: 3
            input: {frames: 4, size: 32}
            models: [{name: f1, alpha: 2}]
            slow: \(slow)
            """)
    }

    @Test("are those of torchvision's ResNets, but for fc")
    func torchvision() throws {
        try expect(
            slowBranch("{block: basic, layers: [2, 2, 2, 2]}").export(.torchvision),
            like: "torchvision-resnet18")
        try expect(
            slowBranch("{block: bottleneck, layers: [3, 4, 6, 3]}").export(.torchvision),
            like: "torchvision-resnet50")
    }

    @Test("are those of PySlowFast's and PyTorchVideo's SlowFast R50")
    func paper() throws {
        let paper = try Sample(
            "{kind: slowfast, classes: 400, input: {frames: 32, size: 64}, alpha: 4}")
        let export = try paper.export(.pyslowfast)
        try expect(export, like: "pyslowfast-8x8-r50")
        #expect(export.leftOut == [])
        try expect(paper.export(.pytorchvideo), like: "pytorchvideo-slowfast-r50")
    }

    @Test("leave out what another program has no place for, and say so by layers")
    func leftOut() throws {
        let export = try Sample(Sample.joint).export(.torchvision, model: 1)
        #expect(
            Set(export.layersLeftOut) == ["models.0", "models.1.fast", "models.1.head"],
            "\(export.layersLeftOut)")
        let names = Set(export.tensors.map(\.name))
        #expect(names.contains("layer1.1.bn2.num_batches_tracked"))
        let counter = try #require(
            export.tensors.first { $0.name == "bn1.num_batches_tracked" })
        #expect(counter.type == .int64 && counter.shape == [])
        counter.lend { #expect(Array($0) == [7, 0, 0, 0, 0, 0, 0, 0]) }
    }

    @Test("are refused for a model that the other program does not have")
    func refusals() throws {
        let (joint, paper) = (try Sample(Sample.joint), try Sample(Sample.paper))
        #expect(throws: InterchangeError.self) { try joint.export(.pyslowfast) }
        #expect(throws: InterchangeError.self) { try joint.export(.pytorchvideo) }
        #expect(throws: InterchangeError.self) { try paper.export(.torchvision) }
        #expect(throws: InterchangeError.noModel(2, count: 2)) {
            try joint.export(.torchvision, model: 2)
        }
        let fast = try Sample(
            Sample.joint.replacing("name: f1, alpha: 2", with: "name: f1, alpha: 2, branches: fast")
        )
        let error = #expect(throws: InterchangeError.self) { try fast.export(.torchvision) }
        #expect("\(try #require(error))".contains("no slow branch"))
    }
}
