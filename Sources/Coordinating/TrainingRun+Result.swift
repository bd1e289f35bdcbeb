import Checkpoints
import TrainingProtocol

// The state a run ends with.

extension TrainingRun {
    /// The end of a run that has nothing left to do.
    func end(at step: Step) throws -> Outcome {
        if step > schedule.lastStep {
            reporter.say(
                "the run is at step \(step) already, past the limit of \(schedule.lastStep)")
        }
        try restoreFinal()
        return .completed(step)
    }

    /// SHA-256 of the final weights.
    ///
    /// - Throws: `CoordinatingError.usage` where the run has not ended; `SavedStateError`.
    public func finalWeights() throws -> String {
        guard let final = try directory.checkpoints.final() else {
            throw CoordinatingError.usage(problem: "\(options.directory) has no final weights yet")
        }
        return final.manifest.weightsSHA256
    }

    /// A kill between the last checkpoint and the result leaves a run that is complete but for its result.
    func restoreFinal() throws {
        guard let (step, state) = opening.startState, !hasFinal(of: step) else { return }
        _ = try directory.checkpoints.saveFinal(
            CheckpointContents(step, state, identity: identity, profile: profile.value()))
    }

    /// Whether the result is there and whole; a damaged one is written again.
    func hasFinal(of step: Step) -> Bool {
        do {
            return try directory.checkpoints.final()?.step == Int(step.rawValue)
        } catch {
            reporter.say("the result is written again: \(error)")
            return false
        }
    }
}
