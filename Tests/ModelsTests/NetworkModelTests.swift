import Configuration
import Models
import Networks
import Testing

@Suite("A model section becomes a network")
struct NetworkModelTests {
    private func model(
        frames: Int = 16, size: Int = 112, classes: Int = 101,
        _ family: SlowFastLSTMConfiguration
    ) -> ModelConfiguration {
        ModelConfiguration(
            classes: classes, input: InputConfiguration(frames: frames, size: size),
            architecture: .slowFastLSTM(family))
    }

    private let one = TwoBranchConfiguration(name: "f1", alpha: 4)

    @Test("of as many parameters as the PyTorch model has")
    func counts() throws {
        // Counted by the executable specification.
        let resnet18 = try Network(model(SlowFastLSTMConfiguration(models: [one])))
        #expect(resnet18.parameters.trainableCount == 11_244_269)
        let resnet50 = try Network(
            model(
                SlowFastLSTMConfiguration(
                    models: [one],
                    slow: SlowBranchConfiguration(block: .bottleneck, layers: [3, 4, 6, 3]))))
        #expect(resnet50.parameters.trainableCount == 23_730_925)
    }

    @Test(
        "of as many parameters as the PyTorch models that share weights, each tensor counted once",
        arguments: [
            (SharingConfiguration.Kind.none, 2, 22_488_538), (.sameLevel, 2, 22_488_618),
            (.sameLevel, 1, 11_321_666), (.crossLevel, 1, 12_940_762),
        ])
    func sharedCounts(kind: SharingConfiguration.Kind, templates: Int, count: Int) throws {
        let two = TwoBranchConfiguration(name: "f2", alpha: 2)
        let sharing = SharingConfiguration(kind: kind, templates: templates)
        let network = try Network(
            model(SlowFastLSTMConfiguration(models: [one, two], sharing: sharing)))
        #expect(network.parameters.trainableCount == count)
        #expect(network.graph.effectiveParameters(network.parameters) == 22_488_538)
    }

    @Test("whose shared tensors have the reference's names, and whose coefficients do not decay")
    func sharedNames() throws {
        let two = TwoBranchConfiguration(name: "f2", alpha: 2)
        var family = SlowFastLSTMConfiguration(
            models: [one, two], sharing: SharingConfiguration(kind: .sameLevel, templates: 3))
        var tree = try Network(model(family)).parameters
        #expect(tree["banks.layer2_0_downsample_0.templates.2"]?.shape == [128, 64, 1, 1])
        #expect(tree["models.1.slow.conv1.coefficients"]?.shape == [3])
        #expect(tree["models.1.slow.conv1.coefficients"]?.decays == false)
        #expect(tree["models.1.slow.conv1.weight"] == nil)
        family.sharing.kind = .crossLevel
        tree = try Network(model(family)).parameters
        #expect(tree["banks.stage1_64x64x3x3.templates.0"]?.decays == true)
        #expect(tree["models.0.slow.layer2.0.conv1.weight"]?.shape == [128, 64, 3, 3])
        #expect(tree["models.1.slow.layer2.1.conv1.weight"] == nil)
        #expect(tree["models.1.slow.layer2.0.downsample.0.weight"] != nil)
    }

    @Test("with torchvision's names in the slow branch, and shapes as PyTorch has them")
    func names() throws {
        let tree = try Network(model(SlowFastLSTMConfiguration(models: [one]))).parameters
        #expect(tree["models.0.slow.conv1.weight"]?.shape == [64, 3, 7, 7])
        #expect(tree["models.0.slow.layer2.0.downsample.0.weight"]?.shape == [128, 64, 1, 1])
        #expect(tree["models.0.slow.layer4.1.bn2.running_var"]?.role == .runningVariance)
        #expect(tree["models.0.fast.pointwise.2.conv.weight"]?.shape == [8, 8, 1, 1])
        #expect(tree["models.0.fast.lstm.1.weight"]?.shape == [32, 16, 3, 3])
        #expect(tree["models.0.fast.lstm.1.bias"]?.decays == true)
        #expect(tree["models.0.fast.pointwise.0.bn.bias"]?.decays == false)
        #expect(tree["models.0.head.weight"]?.shape == [101, 512 + 64])
    }

    @Test("without shortcut weights where the shortcut is A")
    func padding() throws {
        let slow = SlowBranchConfiguration(shortcut: .padding)
        let tree = try Network(
            model(SlowFastLSTMConfiguration(models: [one], slow: slow))
        ).parameters
        #expect(!tree.trainable.contains { $0.name.contains("downsample") })
    }

    @Test("of one branch alone", arguments: [TwoBranchConfiguration.Branches.slow, .fast])
    func branches(_ branches: TwoBranchConfiguration.Branches) throws {
        let half = TwoBranchConfiguration(name: "f1", alpha: 4, branches: branches)
        let tree = try Network(model(SlowFastLSTMConfiguration(models: [half]))).parameters
        let other = branches == .slow ? ".fast." : ".slow."
        #expect(!tree.trainable.contains { $0.name.contains(other) })
        #expect(tree["models.0.head.weight"]?.shape == [101, branches == .slow ? 512 : 64])
    }

    @Test(
        "whose slow branch sees linspace(0, T - 1, T / alpha), truncated",
        arguments: [
            (16, 4, [0, 5, 10, 15]), (8, 4, [0, 7]), (32, 4, [0, 4, 8, 13, 17, 22, 26, 31]),
            (4, 4, [0]), (6, 1, [0, 1, 2, 3, 4, 5]),
        ])
    func frames(frames: Int, alpha: Int, want: [Int]) throws {
        let one = TwoBranchConfiguration(name: "f1", alpha: alpha)
        let graph = try Network(
            model(frames: frames, size: 32, SlowFastLSTMConfiguration(models: [one]))
        ).graph
        let gathered = graph.nodes.compactMap { node -> [Int]? in
            if case .gatherFrames(let frames) = node.operation { frames } else { nil }
        }
        #expect(gathered == [want])
    }

    @Test("or an error where alpha does not divide the frames, or maps vanish")
    func misfits() {
        let family = SlowFastLSTMConfiguration(models: [one])
        #expect(throws: ModelError.indivisibleFrames(frames: 18, alpha: 4, model: "f1")) {
            try Network(model(frames: 18, family))
        }
        #expect(throws: ModelError.inputTooSmall(size: 7, least: 8)) {
            try Network(model(size: 7, family))
        }
        #expect(throws: ModelError.noModels) {
            try Network(model(SlowFastLSTMConfiguration(models: [])))
        }
    }
}
