import TrainingProtocol

// What must never happen.

extension Simulation {
    /// Looks at a record on its way to the journal.
    func check(_ record: JournalRecord) {
        guard case .committed(let entry) = record else { return }
        let commits = disk.commits
        let expected = Step(UInt64(commits.count + 1))
        if entry.step != expected {
            return violate("step \(entry.step) is committed where \(expected) is next")
        }
        guard entry.step <= plan.schedule.lastStep else {
            return violate("step \(entry.step) is committed after the last")
        }
        let number = Int(entry.step.rawValue)
        if entry.digest != Arithmetic.digest(truth.reduced[number]) {
            violate("step \(entry.step) came out otherwise than undisturbed")
        }
        if entry.samples != plan.schedule.samples(in: entry.step) {
            violate("step \(entry.step) counted other samples than its own")
        }
        let before = commits.last?.chain ?? CommitChain.origin
        let link = CommitChain.link(
            after: before, step: entry.step, digest: entry.digest, samples: entry.samples)
        if entry.chain != link { violate("the chain breaks at step \(entry.step)") }
    }

    /// Looks at the whole journal of a run that has ended.
    func checkJournal() {
        let commits = disk.commits
        let steps = commits.map(\.step.rawValue)
        if steps != Array(1...plan.schedule.lastStep.rawValue) {
            return violate("the run is complete with the steps \(steps)")
        }
        let perEpoch = plan.schedule.stepsPerEpoch
        for epoch in 0..<commits.count / perEpoch {
            let samples = commits[epoch * perEpoch..<(epoch + 1) * perEpoch].flatMap(\.samples)
            if samples.map(\.rawValue).sorted() != Array(0..<plan.schedule.samples) {
                return violate("epoch \(epoch) did not count every sample once")
            }
        }
        if disk.states.last?.step != plan.schedule.lastStep {
            violate("the run is complete and its last state is not saved")
        }
    }
}
