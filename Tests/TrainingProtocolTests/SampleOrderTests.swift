import Testing
import TrainingProtocol

@Suite("The order of samples")
struct SampleOrderTests {
    @Test(
        "an epoch visits every sample exactly once",
        arguments: [1, 2, 3, 4, 5, 16, 17, 100, 1023, 4097])
    func bijection(count: Int) {
        for epoch in 0..<3 {
            let order = SampleOrder(seed: 11, epoch: Epoch(UInt64(epoch)), count: count)
            #expect((0..<count).map { order[$0].rawValue }.sorted() == Array(0..<count))
        }
    }

    @Test("another seed or epoch is another order, and the same ones are the same")
    func keyed() {
        let draw = { (seed: UInt64, epoch: UInt64) in
            let order = SampleOrder(seed: seed, epoch: Epoch(epoch), count: 500)
            return (0..<500).map { order[$0] }
        }
        #expect(draw(1, 0) == draw(1, 0))
        #expect(draw(1, 0) != draw(2, 0))
        #expect(draw(1, 0) != draw(1, 1))
    }

    @Test("positions are spread evenly: no sample sits still from epoch to epoch")
    func spread() {
        // The mean displacement of a random permutation of n is n/3.
        let count = 2000
        let order = SampleOrder(seed: 5, epoch: Epoch(0), count: count)
        let total = (0..<count).reduce(0) { $0 + abs(order[$1].rawValue - $1) }
        #expect(abs(Double(total) / Double(count) - Double(count) / 3) < Double(count) / 20)
    }

    @Test("the slots of a step share out its batch, and the last batch of an epoch is short")
    func slots() {
        let schedule = StepSchedule(seed: 1, samples: 22, batch: 8, slots: 4, epochs: 2)
        #expect(schedule.stepsPerEpoch == 3)
        #expect(schedule.lastStep == Step(6))
        #expect((1...6).map { schedule.sampleCount(in: Step($0)) } == [8, 8, 6, 8, 8, 6])
        #expect((1...6).map { schedule.endsEpoch(Step($0)) }.filter { $0 }.count == 2)
        for step in 1...6 {
            let bySlot = (0..<4).flatMap { schedule.samples(of: Slot($0), in: Step(UInt64(step))) }
            #expect(bySlot == schedule.samples(in: Step(UInt64(step))))
        }
        let epoch = (1...3).flatMap { schedule.samples(in: Step($0)) }
        #expect(epoch.map(\.rawValue).sorted() == Array(0..<22))
    }

    @Test("a batch smaller than its slots leaves some slots empty")
    func emptySlots() {
        let schedule = StepSchedule(seed: 1, samples: 9, batch: 8, slots: 8, epochs: 1)
        let counts = (0..<8).map { schedule.sampleCount(of: Slot($0), in: Step(2)) }
        #expect(counts.reduce(0, +) == 1)
        #expect(counts.filter { $0 == 0 }.count == 7)
    }

    @Test("a step limit ends a run early and never late")
    func limit() {
        let run = {
            StepSchedule(seed: 1, samples: 22, batch: 8, slots: 4, epochs: 2, stepLimit: $0)
        }
        #expect(run(4).lastStep == Step(4))
        #expect(run(100).lastStep == Step(6))
    }

    @Test("slots are dealt contiguously and evenly, also to more members than there are slots")
    func dealing() {
        let three = (0..<3).map { _ in SlotAssignment.Share() }
        #expect(
            SlotAssignment.deal(slots: 8, to: three) == [
                SlotSet(0..<3), SlotSet(3..<6), SlotSet(6..<8),
            ])
        let many = SlotAssignment.deal(slots: 2, to: three + three)
        #expect(many.map(\.count).reduce(0, +) == 2)
        #expect(
            SlotAssignment.deal(blocks: [0, 2, 5], to: [true, false, true]) == [[0, 5], [], [2]])
    }

    @Test("a slow member is dealt fewer slots, so that all end together")
    func dealingBySpeed() {
        let shares = [1.0, 2, 1].map { SlotAssignment.Share(pace: $0) }
        #expect(SlotAssignment.deal(slots: 10, to: shares).map(\.count) == [4, 2, 4])
    }

    @Test("lost slots are spread over those who end first, who keep what they have")
    func spreading() {
        let shares = [
            SlotAssignment.Share(kept: SlotSet(0..<2), unfinished: 2),
            SlotAssignment.Share(kept: SlotSet(4..<6), unfinished: 0),
            SlotAssignment.Share(isTaking: false),
        ]
        let sets = SlotAssignment.spread(slots: 6, over: shares)
        #expect(sets == [SlotSet(0..<2), SlotSet(2..<6), SlotSet()])
        let lost = SlotAssignment.spread(
            slots: 64,
            over: [0..<16, 32..<48].map { SlotAssignment.Share(kept: SlotSet($0)) })
        #expect(lost.map(\.ranges) == [[0..<32], [32..<64]], "neighbours stay together")
    }

    @Test("sets of slots read back what they say, and refuse what says nothing")
    func slotSets() {
        let set = SlotSet([7, 1, 2, 0, 9])
        #expect(set.description == "0-2 7 9")
        #expect(SlotSet(set.description) == set)
        #expect(SlotSet("-") == SlotSet())
        for text in ["", "3-1", "a", "1 1", "4 2", "1-2-3"] { #expect(SlotSet(text) == nil) }
        #expect(set.subtracting(SlotSet(1..<8)).slots == [0, 9])
        #expect(set.contains(0..<3) && !set.contains(0..<4))
    }
}
