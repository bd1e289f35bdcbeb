import Configuration
import Models
import Networks
import Testing

@Suite("What train.freeze names")
struct FreezingTests {
    private func network(_ freeze: [String]) throws -> Network {
        let family = SlowFastLSTMConfiguration(
            models: [TwoBranchConfiguration(name: "f1", alpha: 2)],
            slow: SlowBranchConfiguration(layers: [1, 1], width: 4))
        return try Network(
            RunConfiguration(
                model: ModelConfiguration(
                    classes: 3, input: InputConfiguration(frames: 4, size: 16),
                    architecture: .slowFastLSTM(family)),
                data: DataConfiguration(path: "clips.h5"),
                train: TrainingConfiguration(freeze: freeze)))
    }

    @Test(
        "are tensors by their names, and what lies under layers by theirs",
        arguments: [
            ("models.*.slow", "models.0.slow."), ("models.0.fast.lstm.*.weight", "lstm."),
            ("models.0.slow.layer*.0.bn1", ".bn1."), ("models.0.head.bias", "models.0.head.bias"),
        ])
    func frozen(_ pattern: String, part: String) throws {
        let tree = try network([pattern]).parameters
        let frozen = tree.trainable.filter(\.isFrozen).map(\.name)
        #expect(!frozen.isEmpty)
        #expect(frozen.allSatisfy { $0.contains(part) }, "\(frozen)")
        let suffix = pattern.hasSuffix("weight") ? ".weight" : ""
        let slow = pattern.contains("layer*") ? "models.0.slow.layer" : ""
        #expect(
            frozen.count
                == tree.trainable.filter {
                    $0.name.contains(part) && $0.name.hasSuffix(suffix)
                        && $0.name.hasPrefix(slow)
                }.count)
    }

    @Test("take the running statistics along where scale and shift are frozen, and only there")
    func statistics() throws {
        let both = try network(["models.0.slow.bn1"]).parameters
        #expect(both["models.0.slow.bn1.running_var"]?.isFrozen == true)
        #expect(both["models.0.slow.layer1.0.bn1.running_var"]?.isFrozen == false)
        let scale = try network(["models.0.slow.bn1.weight"]).parameters
        #expect(scale["models.0.slow.bn1.running_var"]?.isFrozen == false)
    }

    @Test("are refused where there is no such name, naming the nearest, and where nothing is left")
    func refusals() throws {
        let unknown = #expect(throws: ModelError.self) { try network(["models.0.slaw"]) }
        #expect("\(try #require(unknown))".contains("did you mean models.0.slow?"))
        let pattern = #expect(throws: ModelError.self) { try network(["models.*.layer1"]) }
        #expect("\(try #require(pattern))".contains("models.*.layer1"))
        #expect(throws: ModelError.everythingFrozen) { try network(["models.*"]) }
    }
}
