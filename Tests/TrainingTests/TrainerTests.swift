import ClipDatasets
import Configuration
import Foundation
import Networks
import Tensors
import Testing
import Training
import TrainingProtocol

@Suite("A trainer")
struct TrainerTests {
    private func clips(_ samples: [SampleID], _ fixture: TinyDataset) throws -> [LabeledClip] {
        try samples.map { try fixture.clip($0) }
    }

    /// Trains some steps, each slot by itself, and adds the slots one after another.
    private func train(steps: Int, threads: Int) throws -> Digest {
        let fixture = try TinyDataset()
        let trainer = try Trainer(
            configuration: fixture.configuration, dataset: fixture.summary, threads: threads)
        trainer.initialize()
        for number in 1...steps {
            let step = Step(UInt64(number))
            let total = FloatBuffer(count: trainer.vectorCount)
            for slot in 0..<trainer.schedule.slots {
                let vector = FloatBuffer(count: trainer.vectorCount)
                let samples = trainer.schedule.samples(of: Slot(slot), in: step)
                _ = try trainer.compute(Slot(slot), in: step, clips(samples, fixture), into: vector)
                VectorSums.add(into: total.base, from: vector.base, count: total.count)
            }
            trainer.update(step, reduced: total)
        }
        return trainer.state.digest
    }

    @Test("comes to the same bits with one, two and three threads")
    func threads() throws {
        let one = try train(steps: 3, threads: 1)
        #expect(try train(steps: 3, threads: 2) == one)
        #expect(try train(steps: 3, threads: 3) == one)
        #expect(try train(steps: 2, threads: 1) != one)
    }

    /// A slot of the paper's network, the smallest that there is, in an epoch's only step.
    private func compute(
        dropout: Double, step: UInt64 = 1, slot: Int = 0, threads: Int = 1
    ) throws -> Digest128 {
        let model = """
            model:
              kind: slowfast
              classes: 2
              input: {frames: 4, size: 20}
              alpha: 2
              beta_inverse: 2
              width: 4
              layers: [1, 1, 1, 1]
              block: basic
              dropout: \(dropout)
            data: {path: tiny.h5, flip: false, window: center}
            train: {batch: 8, slots: 2, epochs: 4}
            """
        let fixture = try TinyDataset("seed: 5\n" + model)
        let trainer = try Trainer(
            configuration: fixture.configuration, dataset: fixture.summary, threads: threads)
        trainer.initialize()
        let vector = FloatBuffer(count: trainer.vectorCount)
        _ = try trainer.compute(
            Slot(slot), in: Step(step), clips((0..<4).map { SampleID($0) }, fixture), into: vector)
        return Digest128(of: vector.base, count: vector.count)
    }

    @Test(
        "drops the same of a clip on any threads and in any slot, and other values in other epochs")
    func dropout() throws {
        let once = try compute(dropout: 0.5)
        #expect(try compute(dropout: 0.5, threads: 3) == once)
        #expect(try compute(dropout: 0.5, slot: 1) == once)
        #expect(try compute(dropout: 0.5, step: 2) != once)
        #expect(try compute(dropout: 0, step: 2) == compute(dropout: 0, step: 1))
        #expect(try compute(dropout: 0) != once)
    }

    @Test("gives zeros for a slot without clips, whatever the buffer held")
    func emptySlot() throws {
        let fixture = try TinyDataset()
        let trainer = try Trainer(
            configuration: fixture.configuration, dataset: fixture.summary, threads: 1)
        trainer.initialize()
        let vector = FloatBuffer([Float](repeating: 7, count: trainer.vectorCount))
        let outcome = try trainer.compute(Slot(0), in: Step(1), [], into: vector)
        #expect(outcome == SlotOutcome(slot: Slot(0), samples: 0, lossSum: 0, correct: 0))
        #expect(vector.array.allSatisfy { $0 == 0 })
    }

    @Test("a slot's result does not depend on what was computed before it")
    func independentSlots() throws {
        let fixture = try TinyDataset()
        let trainer = try Trainer(
            configuration: fixture.configuration, dataset: fixture.summary, threads: 1)
        trainer.initialize()
        let few = try clips([SampleID(3)], fixture)
        let many = try clips((0..<4).map { SampleID($0) }, fixture)
        let first = FloatBuffer(count: trainer.vectorCount)
        let second = FloatBuffer(count: trainer.vectorCount)
        let fresh = try trainer.compute(Slot(0), in: Step(1), many, into: first)
        _ = try trainer.compute(Slot(1), in: Step(1), few, into: second)
        _ = try trainer.evaluate(0, few)
        second.floats.update(repeating: 0)
        let again = try trainer.compute(Slot(0), in: Step(1), many, into: second)
        #expect(fresh == again)
        #expect(
            Digest128(of: first.base, count: first.count)
                == Digest128(of: second.base, count: second.count))
    }

    @Test("learns: the loss of a few clips falls")
    func learns() throws {
        let fixture = try TinyDataset()
        let trainer = try Trainer(
            configuration: fixture.configuration, dataset: fixture.summary, threads: 1)
        trainer.initialize()
        var losses: [Double] = []
        for number in 1...Int(trainer.schedule.lastStep.rawValue) {
            let step = Step(UInt64(number))
            let total = FloatBuffer(count: trainer.vectorCount)
            var loss = 0.0
            for slot in 0..<trainer.schedule.slots {
                let vector = FloatBuffer(count: trainer.vectorCount)
                let samples = trainer.schedule.samples(of: Slot(slot), in: step)
                loss += try trainer.compute(
                    Slot(slot), in: step, clips(samples, fixture), into: vector
                )
                .lossSum
                VectorSums.add(into: total.base, from: vector.base, count: total.count)
            }
            losses.append(loss / Double(trainer.schedule.sampleCount(in: step)))
            trainer.update(step, reduced: total)
        }
        #expect(try #require(losses.last) < 0.5 * losses[0], "\(losses)")
    }

    @Test("refuses a dataset whose clips it cannot use, naming the key")
    func unsuitable() throws {
        let fixture = try TinyDataset()
        var configuration = fixture.configuration
        configuration.model.input.frames = 40
        #expect(throws: ConfigurationError.self) {
            try Trainer(configuration: configuration, dataset: fixture.summary, threads: 1)
        }
    }
}
