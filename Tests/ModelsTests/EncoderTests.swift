import Configuration
import Models
import Networks
import Testing

@Suite("A fast branch with another encoder")
struct EncoderTests {
    private func network(_ fast: FastBranchConfiguration) throws -> Network {
        let one = TwoBranchConfiguration(name: "f1", alpha: 4)
        return try Network(
            ModelConfiguration(
                classes: 101, input: InputConfiguration(frames: 16, size: 112),
                architecture: .slowFastLSTM(SlowFastLSTMConfiguration(models: [one], fast: fast))))
    }

    @Test(
        "has as many parameters as the PyTorch model",
        arguments: [
            // Counted by the executable specification.
            (FastBranchConfiguration(encoder: .lstm), 11_232_829),
            (FastBranchConfiguration(encoder: .lstm, bidirectional: false), 11_230_677),
            (FastBranchConfiguration(hidden: 64, encoder: .lstm), 11_291_629),
            (FastBranchConfiguration(encoder: .transformer), 11_231_357),
            (FastBranchConfiguration(hidden: 64, encoder: .transformer, depth: 3), 11_387_181),
        ])
    func counts(fast: FastBranchConfiguration, want: Int) throws {
        #expect(try network(fast).parameters.trainableCount == want)
    }

    @Test("has the tensors of torch.nn.LSTM, which all decay and start within 1 / sqrt(hidden)")
    func lstm() throws {
        let tree = try network(FastBranchConfiguration(hidden: 16, encoder: .lstm)).parameters
        for suffix in ["", "_reverse"] {
            for (name, shape) in [
                ("weight_ih", [64, 32]), ("weight_hh", [64, 16]), ("bias_ih", [64]),
                ("bias_hh", [64]),
            ] {
                let tensor = tree["models.0.fast.lstm.\(name)_l0\(suffix)"]
                #expect(tensor?.shape == shape)
                #expect(tensor?.decays == true)
                #expect(tensor?.initialiser == .uniform(bound: 0.25))
            }
        }
        #expect(tree["models.0.head.weight"]?.shape == [101, 512 + 32])
    }

    @Test("has one direction of an LSTM where it is not bidirectional")
    func oneDirection() throws {
        let fast = FastBranchConfiguration(encoder: .lstm, bidirectional: false)
        let tree = try network(fast).parameters
        #expect(!tree.trainable.contains { $0.name.hasSuffix("_reverse") })
        #expect(tree["models.0.head.weight"]?.shape == [101, 512 + 8])
    }

    @Test("has the tensors of torch.nn.TransformerEncoder, of which layer norms do not decay")
    func transformer() throws {
        let fast = FastBranchConfiguration(hidden: 12, encoder: .transformer, heads: 3, depth: 2)
        let tree = try network(fast).parameters
        let small = Parameter.Initialiser.uniform(bound: 1 / Float(12).squareRoot())
        let wide = Parameter.Initialiser.uniform(bound: 1 / Float(48).squareRoot())
        let xavier = Parameter.Initialiser.uniform(bound: (6 / Float(48)).squareRoot())
        var want: [(String, [Int], Bool, Parameter.Initialiser)] = [
            ("project.weight", [12, 32], true, .uniform(bound: 1 / Float(32).squareRoot())),
            ("project.bias", [12], true, .uniform(bound: 1 / Float(32).squareRoot())),
            ("transformer.norm.weight", [12], false, .constant(1)),
            ("transformer.norm.bias", [12], false, .constant(0)),
        ]
        for layer in ["transformer.layers.0.", "transformer.layers.1."] {
            want += [
                (layer + "self_attn.in_proj_weight", [36, 12], true, xavier),
                (layer + "self_attn.in_proj_bias", [36], true, .constant(0)),
                (layer + "self_attn.out_proj.weight", [12, 12], true, small),
                (layer + "self_attn.out_proj.bias", [12], true, .constant(0)),
                (layer + "linear1.weight", [48, 12], true, small),
                (layer + "linear1.bias", [48], true, small),
                (layer + "linear2.weight", [12, 48], true, wide),
                (layer + "linear2.bias", [12], true, wide),
                (layer + "norm1.weight", [12], false, .constant(1)),
                (layer + "norm1.bias", [12], false, .constant(0)),
                (layer + "norm2.weight", [12], false, .constant(1)),
                (layer + "norm2.bias", [12], false, .constant(0)),
            ]
        }
        for (name, shape, decays, initialiser) in want {
            let tensor = tree["models.0.fast." + name]
            #expect(tensor?.shape == shape, "\(name)")
            #expect(tensor?.decays == decays, "\(name)")
            #expect(tensor?.initialiser == initialiser, "\(name)")
        }
        let names = tree.trainable.map(\.name).filter {
            $0.hasPrefix("models.0.fast.") && !$0.contains("pointwise")
        }
        #expect(names.count == want.count)
        #expect(tree["models.0.head.weight"]?.shape == [101, 512 + 12])
    }

    @Test("is described with the multiply-adds of its layers")
    func costs() throws {
        func costs(_ fast: FastBranchConfiguration) throws -> [String: Graph.LayerCost] {
            let network = try network(fast)
            let layers = network.graph.costs(network.parameters)
            return Dictionary(layers.map { ($0.operation, $0) }) { first, _ in first }
        }
        let lstm = try costs(FastBranchConfiguration(encoder: .lstm))
        #expect(lstm["LSTM forward"]?.multiplyAdds == 16 * 32 * (32 + 8))
        #expect(lstm["LSTM backward"]?.parameters == 32 * (32 + 8) + 2 * 32)
        let transformer = try costs(FastBranchConfiguration(encoder: .transformer))
        // Scores and sums of values: each frame meets each.
        #expect(transformer["attention of 4 heads"]?.multiplyAdds == 2 * 16 * 16 * 8)
        #expect(transformer["layer norm"]?.parameters == 16)
        #expect(transformer["positions"]?.parameters == 0)
    }
}
