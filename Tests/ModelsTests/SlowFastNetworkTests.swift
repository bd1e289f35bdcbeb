import Configuration
import Models
import Networks
import Testing

@Suite("The network of the SlowFast paper")
struct SlowFastNetworkTests {
    private func model(
        frames: Int = 32, size: Int = 224, classes: Int = 400, _ family: SlowFastConfiguration
    ) -> ModelConfiguration {
        ModelConfiguration(
            classes: classes, input: InputConfiguration(frames: frames, size: size),
            architecture: .slowFast(family))
    }

    /// A shallow one; its second blocks can share weights.
    private func small(
        block: SlowBranchConfiguration.Block = .bottleneck,
        sharing: SharingConfiguration = SharingConfiguration()
    ) -> SlowFastConfiguration {
        SlowFastConfiguration(
            alpha: 4, width: 16, layers: [3, 2, 2, 2], block: block, sharing: sharing)
    }

    @Test(
        "has the paper's parameters and multiply-adds",
        arguments: [
            (8, 5, 224, 34_480_216, 27.64), (8, 5, 256, 34_480_216, 36.10),
            (4, 7, 224, 34_566_488, 50.31),
        ])
    func costs(alpha: Int, kernel: Int, size: Int, parameters: Int, billions: Double) throws {
        let network = try Network(
            model(size: size, SlowFastConfiguration(alpha: alpha, fusionKernel: kernel)))
        #expect(network.parameters.trainableCount == parameters)
        let work = network.graph.costs(network.parameters).reduce(0) { $0 + $1.multiplyAdds }
        #expect((Double(work) / 1e7).rounded() == billions * 100)
    }

    @Test("has PySlowFast's names, and shapes with an axis of time throughout")
    func names() throws {
        let tree = try Network(model(SlowFastConfiguration(alpha: 8))).parameters
        #expect(tree["s1.pathway0_stem.conv.weight"]?.shape == [64, 3, 1, 7, 7])
        #expect(tree["s1.pathway1_stem.bn.running_mean"]?.shape == [8])
        #expect(tree["s1_fuse.conv_f2s.weight"]?.shape == [16, 8, 7, 1, 1])
        #expect(tree["s2.pathway0_res0.branch1.weight"]?.shape == [256, 80, 1, 1, 1])
        #expect(tree["s2.pathway0_res0.branch2.a.weight"]?.shape == [64, 80, 1, 1, 1])
        #expect(tree["s4.pathway0_res5.branch2.a.weight"]?.shape == [256, 1024, 3, 1, 1])
        #expect(tree["s5.pathway1_res2.branch2.b.weight"]?.shape == [64, 64, 1, 3, 3])
        #expect(tree["s5.pathway1_res2.branch2.c_bn.weight"]?.decays == false)
        #expect(tree["s4_fuse.bn.bias"] != nil && tree["s5_fuse.bn.bias"] == nil)
        #expect(tree["head.projection.weight"]?.shape == [400, 2048 + 256])
    }

    @Test("has blocks of two convolutions where they are basic, which project where shapes change")
    func basic() throws {
        let tree = try Network(model(small(block: .basic))).parameters
        #expect(tree["s4.pathway0_res0.branch2.a.weight"]?.shape == [64, 32 + 8, 3, 3, 3])
        #expect(tree["s2.pathway0_res0.branch2.a.weight"]?.shape == [16, 16 + 4, 1, 3, 3])
        #expect(tree["s2.pathway1_res1.branch2.b.weight"]?.shape == [2, 2, 1, 3, 3])
        #expect(!tree.trainable.contains { $0.name.contains("branch2.c") })
        #expect(tree["s2.pathway0_res0.branch1.weight"] != nil)
        #expect(tree["s2.pathway1_res0.branch1.weight"] == nil)
        #expect(tree["s3.pathway1_res0.branch1.weight"]?.shape == [4, 2, 1, 1, 1])
    }

    @Test(
        "starts the last batch norm of a block at zero, if asked to",
        arguments: [SlowBranchConfiguration.Block.basic, .bottleneck], [true, false])
    func zeros(block: SlowBranchConfiguration.Block, zero: Bool) throws {
        var family = small(block: block)
        family.zeroInitLast = zero
        let tree = try Network(model(family)).parameters
        let last = block == .basic ? "branch2.b_bn.weight" : "branch2.c_bn.weight"
        for one in tree.trainable where one.name.hasSuffix("bn.weight") {
            let want: Float = zero && one.name.hasSuffix(last) ? 0 : 1
            #expect(one.initialiser == .constant(want), "\(one.name)")
        }
    }

    @Test("ties convolutions of one stage, pathway and shape, but for the first blocks'")
    func crossLevel() throws {
        let sharing = SharingConfiguration(kind: .crossLevel)
        let tree = try Network(model(small(sharing: sharing))).parameters
        #expect(tree["banks.s2_pathway0_16x64x1x1x1.templates.0"]?.shape == [16, 64, 1, 1, 1])
        #expect(tree["banks.s5_pathway1_16x64x3x1x1.templates.0"] != nil)
        #expect(tree["s2.pathway0_res0.branch2.a.weight"] != nil)
        #expect(tree["s2.pathway0_res1.branch2.a.weight"] == nil)
        #expect(tree["s2.pathway0_res2.branch2.a_bn.weight"] != nil)
        // Three shapes in four stages of two pathways.
        #expect(tree.trainable.count { $0.name.hasPrefix("banks.") } == 24)
        // Where time has one tap, both convolutions of basic blocks have one shape.
        let basic = try Network(model(small(block: .basic, sharing: sharing))).parameters
        #expect(basic.trainable.count { $0.name.hasPrefix("banks.") } == 14)
    }

    @Test("mixes such weights from one bank, with coefficients of their own")
    func sameLevel() throws {
        let network = try Network(
            model(small(sharing: SharingConfiguration(kind: .sameLevel, templates: 3))))
        let tree = network.parameters
        #expect(tree["banks.s2_pathway0_16x64x1x1x1.templates.2"]?.shape == [16, 64, 1, 1, 1])
        #expect(tree["s2.pathway0_res1.branch2.a.coefficients"]?.shape == [3])
        #expect(tree["s2.pathway0_res2.branch2.a.coefficients"]?.decays == false)
        #expect(tree["s2.pathway0_res0.branch2.a.coefficients"] == nil)
        #expect(tree.trainable.count { $0.name.hasPrefix("banks.") } == 3 * 24)
        let plain = try Network(model(small())).parameters.trainableCount
        #expect(network.graph.effectiveParameters(tree) == plain)
    }

    @Test("draws dropout before its head alone, where it is asked for")
    func dropout() throws {
        var family = small()
        #expect(try !Network(model(family)).graph.nodes.contains { $0.name == "head.dropout" })
        family.dropout = 0.5
        let graph = try Network(model(family)).graph
        #expect(graph.nodes.count { $0.operation == .dropout(rate: 0.5) } == 1)
    }

    @Test("sees larger clips through the windows of its training map, with the same parameters")
    func largerCrops() throws {
        let model = model(small())
        let trained = try Network(model)
        let larger = try Network(model, evaluationSize: 256)
        #expect(larger.parameters == trained.parameters)
        #expect(try Network(model, evaluationSize: 224).graph == trained.graph)
        let windows = larger.graph.nodes.filter {
            $0.operation == .windowAverage(height: 7, width: 7)
        }
        #expect(windows.map(\.shape.pixels) == [4, 4])
        #expect(larger.graph.nodes.last?.operation == .meanProbability)
        #expect(throws: ModelError.evaluationTooSmall(size: 200, least: 224)) {
            try Network(model, evaluationSize: 200)
        }
    }

    @Test("needs frames that alpha divides")
    func frames() {
        #expect(
            throws: ModelError.indivisibleFrames(frames: 30, alpha: 4, model: "slowfast")
        ) { try Network(model(frames: 30, small())) }
    }
}
