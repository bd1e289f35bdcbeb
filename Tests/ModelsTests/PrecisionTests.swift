import Configuration
import Models
import Networks
import Testing

@Suite("What train.precision asks for")
struct PrecisionTests {
    private func network(
        width: Int, _ precision: TrainingConfiguration.Precision
    ) throws -> Network {
        let family = SlowFastLSTMConfiguration(
            models: [TwoBranchConfiguration(name: "f1", alpha: 2)],
            slow: SlowBranchConfiguration(layers: [1, 1], width: width))
        return try Network(
            RunConfiguration(
                model: ModelConfiguration(
                    classes: 3, input: InputConfiguration(frames: 4, size: 16),
                    architecture: .slowFastLSTM(family)),
                data: DataConfiguration(path: "clips.h5"),
                train: TrainingConfiguration(precision: precision)))
    }

    @Test("is the network's, in float32 unless it is named")
    func precision() throws {
        #expect(try network(width: 32, .bf16).precision == .bf16)
        #expect(try network(width: 32, .fp32).precision == .fp32)
        #expect(TrainingConfiguration().precision == .fp32)
    }

    @Test("is refused where no convolution would be any faster")
    func refusal() throws {
        #expect(throws: ModelError.nothingInBfloat16) { try network(width: 8, .bf16) }
        #expect(try network(width: 8, .fp32).precision == .fp32)
    }
}
