import Configuration
import Foundation
import Testing

@Suite("The configurations that come with the project are sound")
struct SuppliedConfigurationTests {
    /// The package's root, from where this file lies in it.
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast(3).joined(separator: "/")

    @Test(
        "each loads and writes itself back",
        arguments: [
            "quickstart", "videos", "seed", "slowfast-4x16-r50", "slowfast-8x8-r50",
            "slowfast-r18",
        ])
    func loads(name: String) throws {
        let configuration = try RunConfiguration(contentsOf: "\(Self.root)/configs/\(name).yaml")
        #expect(configuration.name == name)
        #expect(try RunConfiguration(yaml: configuration.canonicalYAML) == configuration)
    }

    @Test("each of the ablation's loads, and all give a clip as many passes")
    func ablation() throws {
        let folder = "\(Self.root)/configs/ablation"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            .filter { $0.hasSuffix(".yaml") }
        var epochs: [String: Int] = [:]
        for file in files {
            let run = try RunConfiguration(contentsOf: "\(folder)/\(file)")
            #expect(run.name == file.dropLast(5).replacing(".", with: "-"))
            epochs[String(file.prefix { $0 != "." }), default: 0] += run.train.epochs
        }
        #expect(files.count >= 15)
        #expect(Set(epochs.values).count == 1, "\(epochs)")
    }

    @Test(
        "the paper's networks are the paper's",
        arguments: [("4x16", alpha: 8, kernel: 5), ("8x8", alpha: 4, kernel: 7)])
    func paper(name: String, alpha: Int, kernel: Int) throws {
        let run = try RunConfiguration(contentsOf: "\(Self.root)/configs/slowfast-\(name)-r50.yaml")
        #expect(
            run.model.architecture
                == .slowFast(
                    SlowFastConfiguration(alpha: alpha, fusionKernel: kernel, dropout: 0.5)))
        #expect(run.model.classes == 400 && run.data.stride == 2)
        #expect(run.model.input == InputConfiguration(frames: 32, size: 224))
        // 1.6 for 1024 clips.
        #expect(run.train.optimizer.rate * 1024 == 1.6 * Double(run.train.batch))
    }

    @Test("the article's recipe is the article's")
    func article() throws {
        let seed = try RunConfiguration(contentsOf: "\(Self.root)/configs/seed.yaml")
        #expect(seed.train.batch == 32 && seed.train.epochs == 100)
        #expect(seed.train.optimizer.rate == 1e-4 && seed.train.optimizer.decay == 1e-4)
        guard case .slowFastLSTM(let model) = seed.model.architecture else {
            Issue.record("the article's model is of two branches")
            return
        }
        #expect(model.slow == SlowBranchConfiguration())
        #expect(model.fast == FastBranchConfiguration())
    }
}
