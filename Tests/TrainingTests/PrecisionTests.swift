import ClipDatasets
import Configuration
import Tensors
import Testing
import Training
import TrainingProtocol

@Suite("Training in bf16")
struct PrecisionTests {
    /// The mean loss of every step.
    private func losses(_ precision: String, steps: Int, threads: Int = 2) throws -> [Double] {
        let fixture = try TinyDataset(overrides: [
            "model.slow.width=32", "train.precision=\(precision)", "train.optimizer.rate=0.02",
        ])
        let trainer = try Trainer(
            configuration: fixture.configuration, dataset: fixture.summary, threads: threads)
        trainer.initialize()
        return try (1...steps).map { number in
            let step = Step(UInt64(number))
            let total = FloatBuffer(count: trainer.vectorCount)
            var loss = 0.0
            for slot in 0..<trainer.schedule.slots {
                let vector = FloatBuffer(count: trainer.vectorCount)
                let clips = try trainer.schedule.samples(of: Slot(slot), in: step).map {
                    try fixture.clip($0)
                }
                loss += try trainer.compute(Slot(slot), in: step, clips, into: vector).lossSum
                VectorSums.add(into: total.base, from: vector.base, count: total.count)
            }
            trainer.update(step, reduced: total)
            return loss / 8
        }
    }

    @Test("loses as float32 does, but for rounding")
    func nearness() throws {
        let (rounded, exact) = (try losses("bf16", steps: 12), try losses("fp32", steps: 12))
        #expect(rounded != exact)
        #expect(abs(rounded[0] - exact[0]) < 0.01 * exact[0])
        #expect(rounded[11] < 0.8 * rounded[0])
        for (one, other) in zip(rounded, exact) {
            #expect(abs(one - other) < 0.1 * exact[0], "\(rounded) beside \(exact)")
        }
    }

    @Test("has the same bits with one thread and two")
    func threads() throws {
        #expect(try losses("bf16", steps: 3, threads: 1) == losses("bf16", steps: 3, threads: 2))
    }
}
