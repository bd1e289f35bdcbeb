import Configuration
import Testing

@Suite("The model section takes both families")
struct ModelConfigurationTests {
    /// The paper's network, small.
    let paper = """
        kind: slowfast
        classes: 7
        input: {frames: 8, size: 24}
        alpha: 4
        beta_inverse: 4
        width: 8
        layers: [1, 2, 1, 1]
        fusion_ratio: 2
        fusion_kernel: 5
        """

    @Test("the paper's network is read, alone or under model")
    func paperNetwork() throws {
        let model = try ModelConfiguration(yaml: paper)
        let expected = SlowFastConfiguration(
            alpha: 4, betaInverse: 4, width: 8, layers: [1, 2, 1, 1], fusionRatio: 2,
            fusionKernel: 5)
        #expect(model.architecture == .slowFast(expected))
        #expect(model.input == InputConfiguration(frames: 8, size: 24))
        let nested = "model:\n" + paper.split(separator: "\n").map { "  \($0)\n" }.joined()
        #expect(try ModelConfiguration(yaml: nested) == model)
        #expect(try ModelConfiguration(yaml: model.canonicalYAML) == model)
    }

    @Test("a network that cannot be built is refused")
    func impossibleNetworks() {
        func lines(_ change: (String, String)) -> String {
            do throws(ConfigurationError) {
                _ = try ModelConfiguration(yaml: paper.replacing(change.0, with: change.1))
                return ""
            } catch {
                return error.description
            }
        }
        #expect(lines(("fusion_kernel: 5", "fusion_kernel: 4")).contains("must be odd"))
        #expect(lines(("beta_inverse: 4", "beta_inverse: 3")).contains("must divide width (8)"))
        #expect(lines(("alpha: 4", "alpha: 5")).contains("model:4: alpha: is 5, must divide"))
        #expect(lines(("[1, 2, 1, 1]", "[1, 2]")).contains("must have 4 stages"))
        #expect(lines(("size: 24", "size: 16")).contains("need at least 17"))
        #expect(lines(("alpha: 4", "alpha: four")).contains("is four, must be a whole number"))
    }

    @Test("a transformer needs even states that its heads divide")
    func transformer() {
        let encoder = "model.fast.encoder=transformer"
        #expect(problems(in: example, overrides: [encoder]) == [])
        let heads = problems(in: example, overrides: [encoder, "model.fast.heads=3"])
        #expect(heads.first?.message == "is 3, must divide model.fast.hidden (4)")
        let odd = problems(
            in: example, overrides: [encoder, "model.fast.hidden=5", "model.fast.heads=1"])
        #expect(odd.first?.message.contains("must be even") == true)
    }

    @Test("a loss without a term is refused")
    func noLoss() {
        let overrides = [
            "model.models.0.weight=0", "model.models.1.weight=0", "model.loss.ensemble=0",
        ]
        #expect(problems(in: example, overrides: overrides).map(\.kind) == [.conflict])
    }

    @Test("a fast branch alone leaves the slow one's demands aside")
    func fastOnly() {
        let overrides = [
            "model.models=[{alpha: 3, branches: fast}]", "model.slow.layers=[1,1,1,1,1,1]",
        ]
        #expect(problems(in: example, overrides: overrides) == [])
    }
}
