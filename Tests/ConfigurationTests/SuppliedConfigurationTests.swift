import Configuration
import Testing

@Suite("The configurations that come with the project are sound")
struct SuppliedConfigurationTests {
    /// The package's root, from where this file lies in it.
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast(3).joined(separator: "/")

    @Test("each loads and writes itself back", arguments: ["quickstart", "videos", "seed"])
    func loads(name: String) throws {
        let configuration = try RunConfiguration(contentsOf: "\(Self.root)/configs/\(name).yaml")
        #expect(configuration.name == name)
        #expect(try RunConfiguration(yaml: configuration.canonicalYAML) == configuration)
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
