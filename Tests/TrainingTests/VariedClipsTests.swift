import ClipDatasets
import Configuration
import Tensors
import Testing
import Training
import TrainingProtocol

@Suite("Training on varied clips")
struct VariedClipsTests {
    /// Trains three steps, each slot by itself, and adds the slots one after another.
    private func train(threads: Int, _ overrides: [String]) throws -> Digest {
        let fixture = try TinyDataset(overrides: overrides)
        let trainer = try Trainer(
            configuration: fixture.configuration, dataset: fixture.summary, threads: threads)
        trainer.initialize()
        for step in (1...3).map({ Step($0) }) {
            let total = FloatBuffer(count: trainer.vectorCount)
            for slot in (0..<trainer.schedule.slots).map({ Slot($0) }) {
                let vector = FloatBuffer(count: trainer.vectorCount)
                let clips = try trainer.schedule.samples(of: slot, in: step).map {
                    try fixture.clip($0)
                }
                _ = try trainer.compute(slot, in: step, clips, into: vector)
                VectorSums.add(into: total.base, from: vector.base, count: total.count)
            }
            trainer.update(step, reduced: total)
        }
        return trainer.state.digest
    }

    @Test("comes to the same bits with any number of threads when all variation of clips is on")
    func varied() throws {
        let one = try train(threads: 1, TinyDataset.varied)
        #expect(try train(threads: 2, TinyDataset.varied) == one)
        #expect(try train(threads: 3, TinyDataset.varied) == one)
        for number in TinyDataset.varied.indices.dropLast() {
            var overrides = TinyDataset.varied
            overrides.remove(at: number)
            #expect(
                try train(threads: 1, overrides) != one,
                "\(TinyDataset.varied[number]) makes a difference")
        }
    }

    @Test("mixes a slot's clips and labels in pairs from its ends, the middle one with nothing")
    func mixing() throws {
        let fixture = try TinyDataset()
        let trainer = try Trainer(
            configuration: fixture.configuration, dataset: fixture.summary, threads: 2)
        trainer.initialize()
        func compute(_ samples: [Int], _ mixture: Float) throws -> (SlotOutcome, [Float]) {
            let clips = try samples.map { sample in
                let clip = try fixture.clip(SampleID(sample))
                return LabeledClip(
                    clip: clip.clip, view: clip.view, label: clip.label, mixture: mixture)
            }
            let vector = FloatBuffer(count: trainer.vectorCount)
            return (try trainer.compute(Slot(0), in: Step(1), clips, into: vector), vector.array)
        }
        // A clip that keeps nothing of its own is its partner: the slot in reverse order.
        for samples in [[0, 1], [0, 3, 2, 5], [1, 2, 4], [1]] {
            let (mixed, mixedVector) = try compute(samples, 0)
            let (reversed, vector) = try compute(samples.reversed(), 1)
            #expect(abs(mixed.lossSum - reversed.lossSum) < 1e-9)
            for (a, b) in zip(mixedVector, vector) { #expect(abs(a - b) < 1e-5 * (1 + abs(b))) }
            if samples.count > 1 {
                #expect(try compute(samples, 0.3).0.lossSum != reversed.lossSum)
            }
        }
    }
}
