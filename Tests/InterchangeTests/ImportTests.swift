import Checkpoints
import Foundation
import Interchange
import Testing

@Suite("Imported weights")
struct ImportTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "are the exported ones, bit for bit, whatever is shared",
        arguments: [Sample.joint, Sample.sameLevel, Sample.crossLevel, Sample.paper])
    func roundTrip(_ model: String) throws {
        let sample = try Sample(model)
        let other = try Sample(model, seed: 2)
        #expect(other.bits != sample.bits)
        let report = try other.take(folder.file(try sample.export(.lockstep).tensors))
        #expect(other.bits == sample.bits)
        #expect(report.leftOut.isEmpty && report.fromSeed.isEmpty)
    }

    @Test(
        "come back from PySlowFast's and PyTorchVideo's names bit for bit",
        arguments: [WeightNames.pyslowfast, .pytorchvideo])
    func paper(_ names: WeightNames) throws {
        let sample = try Sample(Sample.paper)
        let other = try Sample(Sample.paper, seed: 2)
        let report = try other.take(folder.file(try sample.export(names).tensors))
        #expect(report.names == names)
        #expect(other.bits == sample.bits)
        #expect(report.leftOut.isEmpty && report.fromSeed.isEmpty)
    }

    @Test("of torchvision's ResNet go into every slow branch; its fc is left out and said")
    func torchvision() throws {
        let sample = try Sample(Sample.joint)
        let fc = [
            TensorSource(name: "fc.weight", shape: [2, 8], values: .init(repeating: 1, count: 16)),
            TensorSource(name: "fc.bias", shape: [2], values: [0, 0]),
        ]
        let file = try folder.file(try sample.export(.torchvision, model: 1).tensors + fc)
        let other = try Sample(Sample.joint, seed: 2)
        let untouched = try Sample(Sample.joint, seed: 2)
        let report = try other.take(file)
        #expect(report.leftOut.map(\.name) == ["fc.bias", "fc.weight"])
        for model in 0..<2 {
            for leaf in ["conv1.weight", "layer2.0.downsample.1.running_var", "bn1.bias"] {
                #expect(
                    other.values("models.\(model).slow.\(leaf)")
                        == sample.values("models.1.slow.\(leaf)"))
            }
        }
        #expect(other.values("models.0.head.weight") == untouched.values("models.0.head.weight"))
        let said = report.lines.joined(separator: "\n")
        #expect(said.contains("left out, a classifier of single frames: fc.bias, fc.weight"))
        #expect(
            said.contains(
                "from the seed: models.0.fast, models.0.head, models.1.fast, models.1.head"),
            "\(said)")
    }

    @Test("become the first template of a bank where all of its uses are given the same weight")
    func sameLevel() throws {
        let plain = try Sample(Sample.joint)
        let file = try folder.file(try plain.export(.torchvision).tensors)
        let shared = try Sample(Sample.sameLevel, seed: 2)
        let report = try shared.take(file)
        #expect(report.leftOut.isEmpty)
        #expect(shared.values("models.1.slow.conv1.coefficients") == [1, 0, 0])
        let own = try shared.export(.torchvision, model: 1)
        let again = try Sample(Sample.joint, seed: 3)
        _ = try again.take(folder.file(own.tensors, "again.safetensors"))
        #expect(
            again.values("models.0.slow.layer1.0.conv2.weight")
                == plain.values("models.0.slow.layer1.0.conv2.weight"))
    }

    @Test("are left out of shared weights that they cannot be exactly, and that is said")
    func inexact() throws {
        let plain = try Sample(Sample.joint)
        let shared = try Sample(Sample.sameLevel, seed: 2)
        let report = try shared.take(folder.file(try plain.export(.lockstep).tensors))
        #expect(report.leftOut.contains { $0.name == "models.1.slow.conv1.weight" })
        #expect(report.taken.contains("models.1.slow.bn1.weight"))
        #expect(!report.taken.contains { $0.hasPrefix("banks.") })
        let tied = try Sample(Sample.crossLevel, seed: 2)
        let again = try tied.take(folder.file(try plain.export(.torchvision).tensors))
        #expect(again.leftOut.contains { $0.name == "models.0.slow.layer1.1.conv2.weight" })
        #expect(
            tied.values("models.1.slow.conv1.weight") == plain.values("models.0.slow.conv1.weight"))
    }

    @Test("of shared weights are each use's own where they are materialised")
    func materialized() throws {
        let shared = try Sample(Sample.sameLevel)
        let plain = try Sample(Sample.joint, seed: 2)
        let report = try plain.take(
            folder.file(try shared.export(.lockstep, materialize: true).tensors))
        #expect(report.fromSeed.isEmpty && report.leftOut.isEmpty)
        let templates = (0..<3).compactMap { shared.values("banks.conv1.templates.\($0)") }
        let coefficients = try #require(shared.values("models.1.slow.conv1.coefficients"))
        let want = zip(coefficients, templates).reduce([Double](repeating: 0, count: 4 * 147)) {
            zip($0, $1.1).map { [share = $1.0] in $0 + Double(share) * Double($1) }
        }
        let got = try #require(plain.values("models.1.slow.conv1.weight"))
        #expect(zip(got, want).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }

    @Test("of another number of classes keep the trunk; the head is left out and said")
    func classes() throws {
        for (model, head) in [
            (Sample.joint, "models.0.head.weight"), (Sample.paper, "head.projection.weight"),
        ] {
            let sample = try Sample(model)
            let other = try Sample(model.replacing("classes: 3", with: "classes: 5"), seed: 2)
            let report = try other.take(folder.file(try sample.export(.lockstep).tensors))
            #expect(report.leftOut.contains { $0.name == head && $0.reason.contains("head") })
            #expect(report.fromSeed.contains(head))
            #expect(report.fromSeed.allSatisfy { $0.contains("head") })
        }
    }

    @Test("of another shape are refused, naming the tensor and both shapes")
    func shapes() throws {
        let wide = try Sample(Sample.joint.replacing("width: 4", with: "width: 8"))
        let file = try folder.file(try wide.export(.lockstep).tensors)
        let error = #expect(throws: InterchangeError.self) {
            try Sample(Sample.joint).take(file)
        }
        let said = "\(try #require(error))"
        for word in ["models.0.slow.bn1.bias", "[8]", "[4]", file] {
            #expect(said.contains(word), "\(said)")
        }
    }

    @Test("of foreign types are converted, and refused where they are no floating-point numbers")
    func types() throws {
        let name = "models.0.slow.bn1.bias"
        func file(_ type: TensorType, _ bytes: [UInt8]) throws -> String {
            try folder.file([
                TensorSource(name: name, type: type, shape: [4]) { take in
                    bytes.withUnsafeBytes { take($0) }
                }
            ])
        }
        let doubles = [0.5, -2, 0.1, 3].flatMap { value in
            withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
        }
        let halves: [UInt8] = [0x00, 0x38, 0x00, 0xC0, 0x66, 0x2E, 0x00, 0x42]
        let brains: [UInt8] = [0x00, 0x3F, 0x00, 0xC0, 0xCD, 0x3D, 0x40, 0x40]
        for (type, bytes, tenth) in [
            (TensorType.float64, doubles, Float(0.1)), (.float16, halves, 0.0999755859375),
            (.bfloat16, brains, 0.10009765625),
        ] {
            let sample = try Sample(Sample.joint)
            let report = try sample.take(file(type, bytes))
            #expect(sample.values(name) == [0.5, -2, tenth, 3])
            #expect(report.lines.contains("converted from \(type.rawValue) to F32: 1 tensors"))
        }
        let error = #expect(throws: InterchangeError.self) {
            try Sample(Sample.joint).take(file(.int32, [UInt8](repeating: 1, count: 16)))
        }
        #expect("\(try #require(error))".contains("I32"))
    }

    @Test("are refused where the names are nobody's, none fits, or the file is cut")
    func foreign() throws {
        let values = TensorSource(name: "encoder.weight", shape: [1], values: [1])
        let unknown = #expect(throws: InterchangeError.self) {
            try Sample(Sample.joint).take(folder.file([values]))
        }
        #expect("\(try #require(unknown))".contains("encoder.weight"))
        let none = try folder.file([values.renamed("models.0.other.weight")])
        #expect(throws: InterchangeError.nothingTaken(path: none, .lockstep)) {
            try Sample(Sample.joint).take(none)
        }
        let whole = try folder.file(try Sample(Sample.joint).export(.lockstep).tensors)
        let data = try Data(contentsOf: URL(fileURLWithPath: whole))
        for count in [0, 7, 100, data.count / 2, data.count - 1] {
            try data.prefix(count).write(to: URL(fileURLWithPath: whole))
            #expect(throws: SavedStateError.self) { try Sample(Sample.joint).take(whole) }
        }
    }
}
